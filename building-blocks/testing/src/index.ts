export * from './decider-spec.js';
export * from './error-of.js';
export * from './eventually.js';
export * from './launch-browser.js';
export * from './open-transaction.js';
export * from './seeded-random.js';
export * from './test-database.js';
export * from './test-host.js';
