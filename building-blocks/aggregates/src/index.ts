export * from './aggregate.js';
export * from './stores.js';
