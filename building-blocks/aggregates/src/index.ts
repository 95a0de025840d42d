export * from './aggregate.js';
export { type Job, jobQueue } from './job-queue.js';
export { jobRunner, type Perform, RetryLater } from './job-runner.js';
export * from './stores.js';
