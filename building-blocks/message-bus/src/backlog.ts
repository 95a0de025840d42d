import { AckPolicy, createInbox, DeliverPolicy, type JetStreamManager, type NatsConnection, nanos } from 'nats';
import * as metrics from './metrics.js';
import { deliveryOf } from './position.js';

/** A message as the stream keeps it. */
export type StoredMessage = { subject: string; sequence: number; payload: string };

type Range = { stream: string; filter: string; fromSequence: number; toSequence: number };
type Deps = { nc: NatsConnection; jsm: JetStreamManager; limit: <Result>(task: () => Promise<Result>) => Promise<Result> };

const pageSize = 256;
const pageTimeoutMs = 5_000;
/** longer than a slow reader may take between two pages */
const consumerLifeMs = 60_000;
const maxFruitlessAttempts = 3;

type Page = { messages: StoredMessage[]; complete: boolean };

/** Asks a consumer for `batch` messages. The page is incomplete when the server has fewer, or has forgotten the consumer. */
const fetchPage = (nc: NatsConnection, stream: string, consumer: string, batch: number): Promise<Page> =>
  new Promise((resolve, reject) => {
    const messages: StoredMessage[] = [];
    const done = (complete: boolean): void => {
      clearTimeout(timer);
      inbox.unsubscribe();
      resolve({ messages, complete });
    };
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      inbox.unsubscribe();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`No page of ${stream} within ${pageTimeoutMs} ms`)), pageTimeoutMs);
    const inbox = nc.subscribe(createInbox(), {
      callback: (error, message) => {
        if (error) return fail(error);
        const delivery = deliveryOf(message.reply);
        if (!delivery) return done(false);
        messages.push({ subject: message.subject, sequence: delivery.sequence, payload: message.string() });
        if (messages.length === batch) done(true);
      },
    });
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify({ batch, no_wait: true }), { reply: inbox.getSubject() });
  });

/**
 * Reads what a stream keeps, page by page, each when the reader asks for it: so a slow reader holds one page, not the backlog.
 *
 * @param range both sequences inclusive; `toSequence` must have been reached by the stream
 * @throws when NATS does not answer; what was yielded before was complete and in order
 */
export async function* readBacklog({ nc, jsm, limit }: Deps, range: Range): AsyncGenerator<StoredMessage, void, undefined> {
  const { stream, filter, toSequence } = range;
  let from = range.fromSequence;
  for (let fruitless = 0; from <= toSequence && fruitless < maxFruitlessAttempts; fruitless += 1) {
    const consumer = await limit(() =>
      jsm.consumers.add(stream, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: from,
        filter_subject: filter,
        inactive_threshold: nanos(consumerLifeMs),
        mem_storage: true,
      }),
    );
    try {
      // what came after it was made is beyond toSequence
      for (let left = consumer.num_pending; from <= toSequence; ) {
        if (left <= 0) return;
        const { messages, complete } = await limit(() => fetchPage(nc, stream, consumer.name, Math.min(left, pageSize)));
        metrics.backlogRead.inc({ stream }, messages.length);
        for (const message of messages) {
          if (message.sequence > toSequence) return;
          yield message;
          from = message.sequence + 1;
          fruitless = -1;
        }
        if (!complete) break; // some have just expired, or the consumer is gone: look again from where we are
        left -= messages.length;
      }
    } finally {
      // whether or not this arrives, the server forgets the consumer by itself
      void jsm.consumers.delete(stream, consumer.name).catch(() => undefined);
    }
  }
  if (from <= toSequence) throw new Error(`The backlog of ${stream} cannot be read on from ${from}`);
}
