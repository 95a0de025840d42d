import type { ClientFrame } from '@orderstream/contracts';
import { reconnectDelayMs } from './backoff.js';
import type { AnyFrame, FrameOf, FrameType } from './frames.js';
import { listeners } from './listeners.js';
import { clientSession } from './session.js';
import type { WebSocketConstructor, WebSocketLike } from './web-socket.js';

/**
 * - `connecting`: a token is fetched, a socket opened, the server answers
 * - `ready`: frames arrive
 * - `waiting`: the connection was lost, and is made again after a delay
 * - `closed`: by `close()`, for good
 */
export type Status = 'connecting' | 'ready' | 'waiting' | 'closed';

export type RealtimeError = { code: string; message: string };

export type RealtimeEvents = { [Type in FrameType]: FrameOf<Type> } & {
  /** any frame, whatever its type */
  frame: AnyFrame;
  /**
   * refusals of the server (`resume-too-old`: reload the shown data), a token that could not be fetched, frames that
   * cannot be parsed
   */
  error: RealtimeError;
  status: Status;
};

export type ConnectOptions = {
  /** e.g. `wss://shop.example.com/ws` */
  url: string;
  /** called before every connection; `fresh` when the server refused the last token, or it has expired */
  token: (need: { fresh: boolean }) => string | Promise<string>;
  /** `globalThis.WebSocket` by default; in Node before 22 that of `ws` */
  webSocket?: WebSocketConstructor;
  /** the last sequence seen earlier */
  resumeFrom?: number;
  onFrame?: (frame: AnyFrame) => void;
  onStatus?: (status: Status) => void;
  onError?: (error: RealtimeError) => void;
};

export type RealtimeClient = {
  readonly status: Status;
  /** the last sequence seen */
  readonly sequence: number | undefined;
  readonly userId: string | undefined;
  /** returns a function that removes the listener */
  on<Name extends keyof RealtimeEvents>(name: Name, listener: (event: RealtimeEvents[Name]) => void): () => void;
  /** `stock.<productId>`; kept over reconnects. Returns a function that ends the subscription. */
  subscribe(channel: string): () => void;
  /** Ends the connection for good and leaves no timer behind; safe to repeat. */
  close(): void;
};

const readyWithinMs = 10_000;
/** the backoff starts again after a connection that lasted this long */
const steadyMs = 5_000;
const unauthenticated = 4401;
const normal = 1000;

/** Connects, and reconnects until `close()`. Every frame arrives once and in order, also over a new socket. */
export const connect = (options: ConnectOptions): RealtimeClient => {
  const WebSocket = options.webSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!WebSocket) throw new Error('This runtime has no WebSocket: pass one as `webSocket`, e.g. that of ws');
  const session = clientSession(options.resumeFrom);
  const { on, emit } = listeners<RealtimeEvents>();
  if (options.onFrame) on('frame', options.onFrame);
  if (options.onStatus) on('status', options.onStatus);
  if (options.onError) on('error', options.onError);

  let status: Status = 'waiting';
  let userId: string | undefined;
  let socket: WebSocketLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let readyAt: number | undefined;
  let needsFreshToken = false;

  const become = (next: Status): void => {
    if (status === next) return;
    status = next;
    emit('status', next);
  };

  const send = (frame: ClientFrame | undefined): void => {
    if (frame) socket?.send(JSON.stringify(frame));
  };

  /** Drops a socket without waiting for its close event, which a half-open socket may never fire. */
  const letGo = (): void => {
    clearTimeout(timer);
    const old = socket;
    socket = undefined;
    session.closed();
    if (!old) return;
    old.onopen = null;
    old.onmessage = null;
    old.onclose = null;
    old.onerror = () => undefined; // without a listener, ws throws the error
    old.close(normal);
  };

  const later = (): void => {
    letGo();
    if (status === 'closed') return;
    attempt = readyAt !== undefined && Date.now() - readyAt >= steadyMs ? 1 : attempt + 1;
    readyAt = undefined;
    timer = setTimeout(open, reconnectDelayMs(attempt, Math.random()));
    become('waiting');
  };

  const fetchToken = async (): Promise<string | undefined> => {
    try {
      return await options.token({ fresh: needsFreshToken });
    } catch (error) {
      emit('error', { code: 'token-unavailable', message: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };

  const newSocket = (): WebSocketLike | undefined => {
    try {
      return new WebSocket(options.url);
    } catch (error) {
      emit('error', { code: 'url-invalid', message: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };

  const onMessage = (text: string): void => {
    const received = session.received(text);
    switch (received.kind) {
      case 'ready':
        clearTimeout(timer);
        userId = received.userId;
        readyAt ??= Date.now();
        needsFreshToken = false;
        for (const frame of received.send) send(frame);
        become('ready');
        break;
      case 'event':
        emit(received.frame.type, received.frame as never);
        emit('frame', received.frame);
        break;
      case 'error':
        emit('error', { code: received.code, message: received.message });
    }
  };

  const open = async (): Promise<void> => {
    become('connecting');
    const token = await fetchToken();
    if ((status as Status) === 'closed') return;
    if (token === undefined) return later();
    const mine = newSocket();
    if (!mine) return later();
    socket = mine;
    timer = setTimeout(later, readyWithinMs);
    mine.onopen = () => send(session.opened(token));
    mine.onmessage = ({ data }: { data: unknown }) => onMessage(String(data));
    mine.onerror = () => undefined; // a close follows
    mine.onclose = ({ code }: { code: number }) => {
      if (code === unauthenticated) needsFreshToken = true;
      later();
    };
  };

  void open();

  return {
    get status() {
      return status;
    },
    get sequence() {
      return session.sequence();
    },
    get userId() {
      return userId;
    },
    on,
    subscribe: (channel) => {
      send(session.subscribe(channel));
      return () => send(session.unsubscribe(channel));
    },
    close: () => {
      if (status === 'closed') return;
      become('closed');
      letGo();
    },
  };
};
