import { limiter } from '@orderstream/async';
import type { Component, Host, Logger } from '@orderstream/service-host';
import type { JetStreamManager, NatsConnection } from 'nats';
import { readBacklog, type StoredMessage } from './backlog.js';
import { type Connection, openConnection, unavailable, watchConnection } from './connection.js';
import { type LiveOptions, liveSubscription } from './live-subscription.js';
import { type BusMessage, publisher } from './publisher.js';
import { shared } from './shared.js';
import { boundsOf, ensureStream, purgeSubjects, type StreamBounds, type StreamDeclaration } from './streams.js';

export type NatsBusOptions = {
  /** one `nats://` URL, or several with commas between */
  url: string;
  /** the connection's name, as the server's monitoring shows it; the service's name by default */
  name?: string;
  /** created when missing, at the start and whenever the server has lost them */
  streams?: readonly StreamDeclaration[];
};

export type MessageBus = Component & {
  /**
   * Resolves when all messages are stored. Those of a subject are stored in the given order.
   * @throws Unavailable when NATS cannot store them all now; publish all again: their ids prevent duplicates
   */
  publishAll(messages: readonly BusMessage[]): Promise<void>;
  /** Delivers every message of a stream from now on, in order, exactly once. Resolves when it is attached. */
  subscribe(options: Omit<LiveOptions, 'stream'> & { stream: string }): Promise<{ sequence(): number; stop(): void }>;
  /**
   * Reads the messages that a stream keeps on the subjects of `filter`, both sequences inclusive, in order, page by
   * page.
   */
  read(range: { stream: string; filter: string; fromSequence: number; toSequence: number }): AsyncGenerator<StoredMessage, void, undefined>;
  bounds(stream: string): Promise<StreamBounds>;
  /**
   * Removes the messages that a stream keeps on the subjects of `filter`. Their ids stay known, so a repeat is not stored.
   * @throws Unavailable when NATS cannot remove them now
   */
  purge(range: { stream: string; filter: string }): Promise<void>;
};

type Live = { nc: NatsConnection; jsm: JetStreamManager; connection: Connection; log: Logger; publishAll: ReturnType<typeof publisher> };

const requestTimeoutMs = 5_000;
const retryMs = 250;
/** limits concurrent requests when a thousand browsers reconnect at once */
const maxBacklogRequests = 32;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The connection to NATS. Its `start` waits until the server answers; a lost connection is reconnected without a limit.
 */
export const natsBus = ({ url, name, streams = [] }: NatsBusOptions): MessageBus => {
  let live: Live | undefined;
  let opened: NatsConnection | undefined;
  let stopping = false;
  const subscriptions = new Set<ReturnType<typeof liveSubscription>>();
  const limit = limiter(maxBacklogRequests);

  const declarationOf = (stream: string): StreamDeclaration => {
    const declaration = streams.find((candidate) => candidate.name === stream);
    if (!declaration) throw new Error(`No stream ${stream} is declared`);
    return declaration;
  };

  const whenLive = (): Live => {
    if (!live) throw unavailable('The bus is not started');
    return live;
  };

  const bounds = new Map<string, () => Promise<StreamBounds>>();

  let ensuring: Promise<void> | undefined;
  /** Retries until all streams exist. Concurrent callers share one attempt. */
  const ensureStreams = (jsm: JetStreamManager, log: Logger): Promise<void> => {
    const attempt = async (): Promise<void> => {
      for (let failures = 0; !stopping; failures += 1) {
        try {
          for (const stream of streams) await ensureStream(jsm, stream, Date.now);
          return;
        } catch (error) {
          if (failures % 40 === 0) log.warn({ err: error }, 'streams do not exist yet');
          await pause(retryMs);
        }
      }
    };
    ensuring ??= attempt().finally(() => {
      ensuring = undefined;
    });
    return ensuring;
  };

  const start = async (host: Host): Promise<void> => {
    stopping = false;
    const { log } = host;
    const stopped = new Promise<undefined>((resolve) => {
      host.stopping.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const opening = openConnection(url, name ?? host.name);
    const nc = await Promise.race([opening, stopped]);
    if (!nc) {
      stopping = true;
      void opening.then((late) => late.close());
      return;
    }
    opened = nc;
    bounds.clear();
    const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
    const connection = watchConnection(nc, log, () => {
      void ensureStreams(jsm, log);
      for (const subscription of subscriptions) subscription.reattach('reconnect');
    });
    void nc.closed().then((error) => {
      if (!stopping) host.fail(error ?? new Error('The connection to NATS was closed'));
    });
    const publishAll = publisher({ js: nc.jetstream(), connection, onNoStream: () => void ensureStreams(jsm, log) });
    await Promise.race([ensureStreams(jsm, log), stopped]);
    live = { nc, jsm, connection, log, publishAll };
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    for (const subscription of subscriptions) subscription.stop();
    subscriptions.clear();
    live = undefined;
    await opened?.close();
    opened = undefined;
  };

  const publishAll = (messages: readonly BusMessage[]): Promise<void> => whenLive().publishAll(messages);

  return {
    name: 'message bus',
    start,
    stop,
    isReady: () => live?.connection.isUp() ?? false,
    publishAll: async (messages) => publishAll(messages),
    subscribe: async ({ stream, ...options }) => {
      const { nc, jsm, connection, log } = whenLive();
      const subscription = liveSubscription({ nc, jsm, connection, log }, { stream: declarationOf(stream), ...options });
      subscriptions.add(subscription);
      await subscription.start();
      return {
        sequence: subscription.sequence,
        stop: () => {
          subscriptions.delete(subscription);
          subscription.stop();
        },
      };
    },
    read: (range) => {
      const { nc, jsm, connection } = whenLive();
      return readBacklog({ nc, jsm, limit: (task) => limit(() => connection.whileUp(task)) }, range);
    },
    bounds: async (stream) => {
      const { jsm, connection } = whenLive();
      let ask = bounds.get(stream);
      if (!ask) {
        ask = shared(() => connection.whileUp(async () => boundsOf(await jsm.streams.info(stream))));
        bounds.set(stream, ask);
      }
      return ask();
    },
    purge: async ({ stream, filter }) => {
      const { jsm, connection } = whenLive();
      await connection
        .whileUp(() => purgeSubjects(jsm, stream, filter))
        .catch((error) => {
          throw unavailable(`Messages of ${stream} were not removed`, error);
        });
    },
  };
};
