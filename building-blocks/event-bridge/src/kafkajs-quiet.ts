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
