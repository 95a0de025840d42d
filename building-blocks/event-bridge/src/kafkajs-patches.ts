import { EventEmitter } from 'node:events';
import ConsumerGroup, { type FetchedBatch } from 'kafkajs/src/consumer/consumerGroup.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * kafkajs 2.2.4 checks every connection for pending requests once a millisecond, whether or not one is pending: a
 * thousand wake-ups a second, 5 % of a core for an idle consumer. The patch checks only while a request is pending; a
 * later pending request schedules the check itself.
 *
 * @see https://github.com/tulios/kafkajs/issues/1704
 */
const { scheduleCheckPendingRequests } = RequestQueue.prototype;
RequestQueue.prototype.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

const fetched = new EventEmitter().setMaxListeners(0);

/**
 * Calls back with each partition's batch whenever a member of the group in this process has fetched, also with an empty
 * one, which kafkajs does not report.
 *
 * @returns a function that ends this
 */
export const onFetched = (groupId: string, callback: (batch: FetchedBatch) => void): (() => void) => {
  fetched.on(groupId, callback);
  return () => fetched.off(groupId, callback);
};

const { fetch } = ConsumerGroup.prototype;
ConsumerGroup.prototype.fetch = async function (nodeId) {
  const batches = await fetch.call(this, nodeId);
  for (const batch of batches) fetched.emit(this.groupId, batch);
  return batches;
};
