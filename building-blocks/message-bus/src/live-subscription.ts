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
  /** called once for each message, in order; must not wait: the flow control of the server counts on it */
  handle: (message: LiveMessage) => void;
  /**
   * Called when what follows does not join what was handled: the stream dropped messages before they were seen, or the server lost some
   * that were, so that their sequences will come a second time, with other messages.
   */
  onBreak?: () => void;
};

type Deps = { nc: NatsConnection; jsm: JetStreamManager; log: Logger; connection: Connection };

const heartbeatMs = 1_000;
/** silence after which the consumer is taken for lost */
const silenceMs = 3_500;
const retryMs = 250;
const rememberedIds = 10_000;

/**
 * Every message of a stream from now on, in order, none left out and none twice, whatever happens to the connection or to the server:
 * a push consumer that is replaced, from the last handled sequence on, when it falls silent, leaves a number out or loses its connection.
 */
export const liveSubscription = (deps: Deps, options: LiveOptions) => {
  const { nc, jsm, log, connection } = deps;
  const { stream, handle, onBreak } = options;
  let seen: Seen | undefined;
  let delivered = 0;
  let lastHeard = 0;
  let inbox: Subscription | undefined;
  let consumer: string | undefined;
  let attaching: Promise<void> | undefined;
  let again = false;
  // a server that lost its stream forgot the ids as well, and takes again what is published again
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
    lastHeard = Date.now();
    if (isFlowControlMsg(message)) {
      message.respond();
      return;
    }
    if (isHeartbeatMsg(message)) {
      // a stalled consumer waits for the answer to a flow control message that was lost
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
      log.error({ err: error, stream: stream.name, sequence: delivery.sequence }, 'live message not handled');
    }
  };

  const attachOnce = async (): Promise<void> => {
    detach();
    const mine = ++attempt;
    const bounds = boundsOf(await ensureStream(jsm, stream, Date.now));
    if (mine !== attempt) return; // given up meanwhile
    const { after, missed, rewound } = resumeAfter(seen, bounds);
    if (missed > 0) {
      metrics.missed.inc({ stream: stream.name }, missed);
      log.error({ stream: stream.name, missed }, 'away longer than the stream keeps');
    }
    if (rewound) log.error({ stream: stream.name, seen: seen?.sequence, after }, 'the server lost messages of the stream');
    seen = { created: bounds.created, sequence: after };
    delivered = 0;
    lastHeard = Date.now();
    inbox = nc.subscribe(createInbox(), {
      // what is still on its way from the consumer before this one is not wanted any more
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
    if (!attaching && connection.isUp() && Date.now() - lastHeard > silenceMs) reattach('silence');
  }, heartbeatMs);
  watchdog.unref();

  return {
    /** resolves when the server delivers what is published from now on */
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
