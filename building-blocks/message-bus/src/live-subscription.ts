import type { Logger } from '@orderstream/service-host';
import {
  AckPolicy,
  createInbox,
  DeliverPolicy,
  isFlowControlMsg,
  isHeartbeatMsg,
  type JetStreamManager,
  type Msg,
  type NatsConnection,
  nanos,
  ReplayPolicy,
  type Subscription,
} from 'nats';
import type { Connection } from './connection.js';
import * as metrics from './metrics.js';
import { deliveryOf, judge, resumeAfter, type Seen } from './position.js';
import { recentIds } from './recent.js';
import { boundsOf, ensureStream, type StreamDeclaration } from './streams.js';

export type LiveMessage = { subject: string; sequence: number; payload: string };

export type LiveOptions = {
  stream: StreamDeclaration;
  /** called once for each message, in order; must not block, because the server's flow control relies on it */
  handle: (message: LiveMessage) => void;
  /**
   * Called when the next message does not continue the handled ones: the stream dropped unseen messages, or the server
   * lost seen ones, so that it will use their sequences again for other messages.
   */
  onBreak?: () => void;
};

type Deps = { nc: NatsConnection; jsm: JetStreamManager; log: Logger; connection: Connection };

const heartbeatMs = 1_000;
/** silence after which the consumer counts as lost */
const silenceMs = 3_500;
const retryMs = 250;
const rememberedIds = 10_000;

/**
 * Delivers every message of a stream from now on, in order, exactly once, over lost connections and restarts of the
 * server. It uses a push consumer, and replaces it, from the last handled sequence on, when the consumer falls silent,
 * skips a number or loses its connection.
 */
export const liveSubscription = (deps: Deps, options: LiveOptions) => {
  const { nc, jsm, log, connection } = deps;
  const { stream, handle, onBreak } = options;
  let seen: Seen | undefined;
  let delivered = 0;
  let lastReceivedAt = 0;
  let inbox: Subscription | undefined;
  let consumer: string | undefined;
  let attaching: Promise<void> | undefined;
  let again = false;
  // a server that lost its stream lost its ids too, and stores repeated messages again
  const recent = recentIds(rememberedIds);
  let attempt = 0;
  let stopped = false;

  const detach = (): void => {
    inbox?.unsubscribe();
    if (consumer && connection.isUp()) void jsm.consumers.delete(stream.name, consumer).catch(() => undefined);
    inbox = undefined;
    consumer = undefined;
  };

  const onMessage = (message: Msg): void => {
    lastReceivedAt = Date.now();
    if (isFlowControlMsg(message)) {
      message.respond();
      return;
    }
    if (isHeartbeatMsg(message)) {
      // a stalled consumer waits for the reply to a lost flow control message
      const stalled = message.headers?.get('Nats-Consumer-Stalled');
      if (stalled) nc.publish(stalled);
      if (Number(message.headers?.get('Nats-Last-Consumer') ?? delivered) > delivered) reattach('gap');
      return;
    }
    const delivery = deliveryOf(message.reply);
    if (!delivery || !seen) return;
    const verdict = judge({ count: delivered, sequence: seen.sequence }, delivery);
    if (verdict === 'gap') {
      reattach('gap');
      return;
    }
    delivered = delivery.count;
    if (verdict === 'seen') return;
    seen.sequence = delivery.sequence;
    const id = message.headers?.get('Nats-Msg-Id');
    if (id && !recent.add(id)) return;
    metrics.received.inc({ stream: stream.name });
    try {
      handle({ subject: message.subject, sequence: delivery.sequence, payload: message.string() });
    } catch (error) {
      log.error({ err: error, stream: stream.name, sequence: delivery.sequence }, 'live message was not handled');
    }
  };

  const attachOnce = async (): Promise<void> => {
    detach();
    const mine = ++attempt;
    const bounds = boundsOf(await ensureStream(jsm, stream, Date.now));
    if (mine !== attempt) return; // superseded meanwhile
    const { after, missed, rewound } = resumeAfter(seen, bounds);
    if (missed > 0) {
      metrics.missed.inc({ stream: stream.name }, missed);
      log.error({ stream: stream.name, missed }, 'the stream dropped messages while the subscription was interrupted');
    }
    if (rewound) log.error({ stream: stream.name, seen: seen?.sequence, after }, 'the server lost messages of the stream');
    seen = { created: bounds.created, sequence: after };
    delivered = 0;
    lastReceivedAt = Date.now();
    inbox = nc.subscribe(createInbox(), {
      // ignores messages of the previous consumer that are still in flight
      callback: (error, message) => {
        if (mine === attempt && !error) onMessage(message);
      },
    });
    if (rewound || missed > 0) onBreak?.();
    const info = await jsm.consumers.add(stream.name, {
      deliver_subject: inbox.getSubject(),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
      replay_policy: ReplayPolicy.Instant,
      ack_policy: AckPolicy.None,
      flow_control: true,
      idle_heartbeat: nanos(heartbeatMs),
      mem_storage: true,
    });
    if (mine === attempt) consumer = info.name;
  };

  const attach = async (): Promise<void> => {
    do {
      again = false;
      try {
        await connection.whileUp(attachOnce);
      } catch (error) {
        again = true;
        log.debug({ err: error, stream: stream.name }, 'live subscription not attached yet');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    } while (again && !stopped);
  };

  const reattach = (reason: 'gap' | 'silence' | 'reconnect'): void => {
    if (stopped) return;
    metrics.resubscribed.inc({ stream: stream.name, reason });
    if (attaching) {
      again = true;
      return;
    }
    log.info({ stream: stream.name, reason, sequence: seen?.sequence }, 'live subscription attached again');
    attaching = attach().finally(() => {
      attaching = undefined;
    });
  };

  const watchdog = setInterval(() => {
    if (!attaching && connection.isUp() && Date.now() - lastReceivedAt > silenceMs) reattach('silence');
  }, heartbeatMs);
  watchdog.unref();

  return {
    /** resolves once the server delivers new messages */
    start: (): Promise<void> => {
      attaching = attach().finally(() => {
        attaching = undefined;
      });
      return attaching;
    },
    reattach,
    /** the last sequence that was handled */
    sequence: (): number => seen?.sequence ?? 0,
    stop: (): void => {
      stopped = true;
      attempt += 1;
      clearInterval(watchdog);
      detach();
    },
  };
};
