import { Unavailable } from '@orderstream/contracts';
import { type JetStreamClient, NatsError } from 'nats';
import { type Connection, unavailable } from './connection.js';
import * as metrics from './metrics.js';
import { inChunks, inWaves } from './waves.js';

/** `id` makes a repeat safe: the stream stores it once within its duplicate window. */
export type BusMessage = { id: string; subject: string; payload: object };

type Deps = {
  js: JetStreamClient;
  connection: Connection;
  /** called when no stream accepts the subject */
  onNoStream: () => void;
};

const maxInFlight = 256;
const ackTimeoutMs = 5_000;
const noResponders = '503';

/**
 * Publishes a batch with many messages in flight, and waits for all acknowledgements. A subject's messages are stored
 * in the order of the batch, even when a part of the batch fails and all of it is published again, because each message
 * waits until the previous one of its subject is acknowledged.
 *
 * @throws Unavailable when NATS cannot store them all now. Some may be stored: publish all again; their ids prevent
 *   duplicates.
 */
export const publisher = ({ js, connection, onNoStream }: Deps) => {
  const publishOne = async ({ id, subject, payload }: BusMessage): Promise<void> => {
    const { duplicate } = await js.publish(subject, JSON.stringify(payload), { msgID: id, timeout: ackTimeoutMs });
    metrics.published.inc({ result: duplicate ? 'duplicate' : 'stored' });
  };

  return async (messages: readonly BusMessage[]): Promise<void> => {
    if (messages.length === 0) return;
    const stopTimer = metrics.publishSeconds.startTimer();
    try {
      for (const wave of inWaves(messages)) {
        for (const chunk of inChunks(wave, maxInFlight)) await connection.whileUp(() => Promise.all(chunk.map(publishOne)));
      }
      stopTimer();
    } catch (error) {
      metrics.publishFailures.inc();
      if (error instanceof NatsError && error.code === noResponders) onNoStream();
      throw error instanceof Unavailable ? error : unavailable('NATS did not store the messages', error);
    }
  };
};
