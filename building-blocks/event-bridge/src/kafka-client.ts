import type { Logger } from '@orderstream/service-host';
import { Kafka, logLevel } from 'kafkajs';
import './kafkajs-codecs.js';

/** How often kafkajs itself tries again, in ms: an outage that lasts longer is its user's to wait for. */
export const retry = { retries: 5, maxRetryTime: 2_000, initialRetryTime: 100 };

/** kafkajs with every codec, limits on every wait, and its own log lines at debug. */
export const kafkaClient = ({ clientId, brokers, log }: { clientId: string; brokers: string[]; log: Logger }): Kafka =>
  new Kafka({
    clientId,
    brokers,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ log: { message, timestamp: _, logger: __, ...fields } }) =>
        log.debug({ kafka: fields }, message),
    connectionTimeout: 3_000,
    requestTimeout: 20_000,
    retry,
  });
