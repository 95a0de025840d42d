export { type MessageBus, natsBus } from './bus.js';
export type { StreamDeclaration } from './streams.js';
