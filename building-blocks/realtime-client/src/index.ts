export { type ConnectOptions, connect, type RealtimeClient, type RealtimeError, type RealtimeEvents, type Status } from './client.js';
export type { AnyFrame, FrameOf, FrameType } from './frames.js';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.js';
