export { deadLetterApi } from './dead-letter-api.js';
export { type Effect, effectConsumer, onEffect, RetryLater } from './effect-consumer.js';
export { contextOfEvent, type Handler, type Mapping, on, project } from './handlers.js';
export { kafkaConsumer } from './kafka-consumer.js';
export { kafkaFeed } from './kafka-feed.js';
export { appendToOutbox, messageColumns, messageUnnest, messageValues, type OutboxMessage } from './outbox.js';
export { retryDelayMs, wait } from './retry.js';
export { topicReader } from './topic-reader.js';
