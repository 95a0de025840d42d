import { Unavailable } from '@orderstream/contracts';
import type { Logger } from '@orderstream/service-host';
import { connect, Events, type NatsConnection } from 'nats';
import * as metrics from './metrics.js';

export const unavailable = (message: string, cause?: unknown): Unavailable => new Unavailable('bus-unavailable', message, {}, { cause });

export type Connection = {
  isUp: () => boolean;
  /**
   * Runs a task, and gives it up when the connection is lost meanwhile: NATS answers no request over a connection that is gone.
   * @throws Unavailable when there is no connection, or no longer
   */
  whileUp: <Result>(task: () => Promise<Result>) => Promise<Result>;
};

const pingIntervalMs = 5_000;

/** Connects, however long the first connection takes to come about, and keeps connecting for ever. */
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
    noAsyncTraces: true, // a stack trace for every request, kept in case it fails
  });

/** Follows what becomes of a connection; `onReconnect` runs each time it is made again. */
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
        log.info('NATS connection made again');
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
