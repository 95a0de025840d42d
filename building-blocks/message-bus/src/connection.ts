import { Unavailable } from '@orderstream/contracts';
import type { Logger } from '@orderstream/service-host';
import { connect, Events, type NatsConnection } from 'nats';
import * as metrics from './metrics.js';

export const unavailable = (message: string, cause?: unknown): Unavailable => new Unavailable('bus-unavailable', message, {}, { cause });

export type Connection = {
  isUp: () => boolean;
  /**
   * Runs a task, and rejects when the connection is lost meanwhile, because NATS never answers requests of a lost
   * connection.
   * @throws Unavailable when there is no connection, or when it is lost
   */
  whileUp: <Result>(task: () => Promise<Result>) => Promise<Result>;
};

const pingIntervalMs = 5_000;

/** Connects and reconnects, both without a limit. */
export const openConnection = (url: string, name: string): Promise<NatsConnection> =>
  connect({
    servers: url.split(','),
    name,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ignoreAuthErrorAbort: true,
    // a half-open connection is found within three intervals
    pingInterval: pingIntervalMs,
    maxPingOut: 2,
    timeout: pingIntervalMs,
    noAsyncTraces: true, // saves a stack trace for every request
  });

/** Tracks the state of a connection. `onReconnect` runs after each reconnect. */
export const watchConnection = (nc: NatsConnection, log: Logger, onReconnect: () => void): Connection => {
  let up = true;
  const underWay = new Set<() => void>();
  metrics.connected.set(1);

  const giveUpAll = (): void => {
    for (const giveUp of underWay) giveUp();
    underWay.clear();
  };

  const follow = async (): Promise<void> => {
    for await (const { type } of nc.status()) {
      if (type === Events.Disconnect && up) {
        up = false;
        metrics.connected.set(0);
        log.warn('NATS connection lost');
        giveUpAll();
      } else if (type === Events.Reconnect) {
        up = true;
        metrics.connected.set(1);
        metrics.reconnects.inc();
        log.info('NATS connection restored');
        onReconnect();
      }
    }
  };
  void follow().finally(() => {
    up = false;
    metrics.connected.set(0);
    giveUpAll();
  });

  return {
    isUp: () => up,
    whileUp: async (task) => {
      if (!up) throw unavailable('There is no connection to NATS');
      let giveUp: () => void = () => undefined;
      const lost = new Promise<never>((_, reject) => {
        giveUp = () => reject(unavailable('The connection to NATS was lost'));
        underWay.add(giveUp);
      });
      try {
        return await Promise.race([task(), lost]);
      } finally {
        underWay.delete(giveUp);
      }
    },
  };
};
