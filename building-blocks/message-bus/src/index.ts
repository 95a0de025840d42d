export type { StoredMessage } from './backlog.js';
export { type MessageBus, type NatsBusOptions, natsBus } from './bus.js';
export type { LiveMessage, LiveOptions } from './live-subscription.js';
export type { BusMessage } from './publisher.js';
export type { StreamBounds, StreamDeclaration } from './streams.js';
