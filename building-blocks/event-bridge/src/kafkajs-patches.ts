import { EventEmitter } from 'node:events';
import ConsumerGroup, { type FetchedBatch } from 'kafkajs/src/consumer/consumerGroup.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * kafkajs 2.2.4 looks for requests that wait once a millisecond, on every connection, from the first answer on and whether or not one
 * waits: a thousand wake-ups a second, and 5 % of a core for a consumer that has nothing to do. Only what waits has to be looked for; a
 * request that has to wait later schedules the look itself.
 *
 * @see https://github.com/tulios/kafkajs/issues/1704
 */
const { scheduleCheckPendingRequests } = RequestQueue.prototype;
RequestQueue.prototype.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

const fetched = new EventEmitter().setMaxListeners(0);

/**
 * Calls back with what the broker answered for each partition, whenever a member of the group in this process has fetched: also when that is
 * nothing, or nothing that a consumer may see, of which kafkajs does not tell.
 *
 * @returns ends that
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
