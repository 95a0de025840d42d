import { Unavailable } from '@orderstream/contracts';
import { type JetStreamClient, NatsError } from 'nats';
import { type Connection, unavailable } from './connection.js';
import * as metrics from './metrics.js';
import { inChunks, inWaves } from './waves.js';

/** `id` makes it safe to publish a message again: the stream stores it once within its duplicate window. */
export type BusMessage = { id: string; subject: string; payload: object };

type Deps = {
  js: JetStreamClient;
  connection: Connection;
  /** called when no stream takes the subject */
  onNoStream: () => void;
};

const maxInFlight = 256;
const ackTimeoutMs = 5_000;
const noResponders = '503';

/**
 * Sends a batch with many messages in flight, and waits for all acknowledgements. A subject's messages are stored in the order of the
 * batch, even when a part of it fails and all of it is published again: the next of a subject is sent only when the one before it is
 * acknowledged.
 *
 * @throws Unavailable when NATS does not take them all at present. Some may be stored: publish all again, their ids see to the rest.
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
      throw error instanceof Unavailable ? error : unavailable('NATS did not take the messages', error);
    }
  };
};
