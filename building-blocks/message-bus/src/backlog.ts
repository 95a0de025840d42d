import { AckPolicy, createInbox, DeliverPolicy, type JetStreamManager, type NatsConnection, nanos } from 'nats';
import * as metrics from './metrics.js';
import { deliveryOf } from './position.js';

/** A message that a stream keeps. */
export type StoredMessage = { subject: string; sequence: number; payload: string };

type Range = { stream: string; filter: string; fromSequence: number; toSequence: number };
type Deps = { nc: NatsConnection; jsm: JetStreamManager; limit: <Result>(task: () => Promise<Result>) => Promise<Result> };

const pageSize = 512;
const pageTimeoutMs = 5_000;
const consumerLifeMs = 10_000;
const maxEmptyPages = 3;

/** Fetches up to `batch` messages from a consumer; fewer when the server has no more, or has removed the consumer. */
const fetchPage = (nc: NatsConnection, stream: string, consumer: string, batch: number): Promise<StoredMessage[]> =>
  new Promise((resolve, reject) => {
    const messages: StoredMessage[] = [];
    const done = (): void => {
      clearTimeout(timer);
      inbox.unsubscribe();
      resolve(messages);
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
        if (!delivery) return done();
        messages.push({ subject: message.subject, sequence: delivery.sequence, payload: message.string() });
        if (messages.length === batch) done();
      },
    });
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify({ batch, no_wait: true }), { reply: inbox.getSubject() });
  });

type Page = { messages: StoredMessage[] /** the server has more */; more: boolean };

/**
 * Reads a page with a consumer of its own, which it deletes afterwards: the server limits the number of consumers, so a
 * slow or lost reader must not hold one.
 */
const readPage = async ({ nc, jsm }: Deps, { stream, filter, fromSequence }: Range): Promise<Page> => {
  const { name, num_pending } = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: fromSequence,
    filter_subject: filter,
    inactive_threshold: nanos(consumerLifeMs),
    mem_storage: true,
  });
  try {
    if (num_pending === 0) return { messages: [], more: false };
    const messages = await fetchPage(nc, stream, name, Math.min(num_pending, pageSize));
    metrics.backlogRead.inc({ stream }, messages.length);
    return { messages, more: messages.length < num_pending };
  } finally {
    // if this fails, the server removes the idle consumer by itself
    await jsm.consumers.delete(stream, name).catch(() => undefined);
  }
};

/**
 * Reads the messages that a stream keeps, page by page, each when the reader asks for it. So a slow reader holds one
 * page, not the backlog.
 *
 * @param range both sequences inclusive; `toSequence` must have been reached by the stream
 * @throws when NATS does not answer; the messages yielded before are complete and in order
 */
export async function* readBacklog(deps: Deps, range: Range): AsyncGenerator<StoredMessage, void, undefined> {
  let { fromSequence } = range;
  let emptyPages = 0;
  while (fromSequence <= range.toSequence) {
    const { messages, more } = await deps.limit(() => readPage(deps, { ...range, fromSequence }));
    for (const message of messages) {
      if (message.sequence > range.toSequence) return;
      yield message;
      fromSequence = message.sequence + 1;
    }
    if (!more) return;
    // the pending messages expired meanwhile; when that repeats, something else is wrong
    emptyPages = messages.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages === maxEmptyPages) throw new Error(`The backlog of ${range.stream} cannot be read on from ${fromSequence}`);
  }
}
