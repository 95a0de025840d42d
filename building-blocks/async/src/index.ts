export { adaptiveLinger, batcher } from './batcher.js';
export { isElasticsearchOutage } from './elasticsearch-outage.js';
export { limiter } from './limiter.js';
export { retryDelayMs, wait } from './retry.js';
export { isConflict, isTimeout, isTransient } from './transient.js';
