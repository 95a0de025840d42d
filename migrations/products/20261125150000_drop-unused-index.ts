export { createOccurredAtIndex as down, dropOccurredAtIndex as up } from '../tables/outbox.v2.js';
