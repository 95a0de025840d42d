import {
  type ClientFrame,
  type ErrorFrame,
  type PongFrame,
  platformScope,
  type ReadyFrame,
  Refusal,
  type Scope,
  Unauthenticated,
} from '@orderstream/contracts';
import { type Authenticator, isAdmin, type User } from '@orderstream/http';
import type { MessageBus } from '@orderstream/message-bus';
import type { Logger } from '@orderstream/service-host';
import type { RawData, WebSocket } from 'ws';
import { type OutgoingFrame, outgoingFrame, textFor } from '../frames/outgoing-frame.js';
import type { Recipient, Recipients } from '../frames/recipients.js';
import { spliced, startOf } from '../frames/resume.js';
import type { FrameStream } from '../frames/subjects.js';
import * as metrics from '../metrics.js';
import { readClientFrame } from './client-frame.js';
import { type CloseCode, closeCodes } from './close-codes.js';
import { tokenBucket } from './token-bucket.js';

export type SessionLimits = {
  authenticateWithinMs: number;
  /** maximum bytes in the send buffer of a client */
  maxBuffered: number;
  /** how long a client may take to read enough for more of its backlog */
  drainWithinMs: number;
  maxSubscriptions: number;
  maxGuestsPerAddress: number;
  framesAtOnce: number;
  framesPerSecond: number;
};

export const defaultLimits: SessionLimits = {
  authenticateWithinMs: 5_000,
  maxBuffered: 1024 * 1024,
  drainWithinMs: 10_000,
  maxSubscriptions: 100,
  maxGuestsPerAddress: 100,
  // a client that reconnects renews all its subscriptions at once
  framesAtOnce: 200,
  framesPerSecond: 50,
};

export type SessionDeps = {
  auth: Authenticator;
  bus: Pick<MessageBus, 'bounds' | 'read'>;
  stream: FrameStream;
  recipients: Recipients;
  /** the last sequence that the live feed dispatched */
  liveSequence: () => number;
  /** counts the guests of the client's address */
  guests: { enter: () => boolean; leave: () => void };
  log: Logger;
  limits: SessionLimits;
};

const maxTimerMs = 2 ** 31 - 1;
/** a slow client may not answer the close frame either */
const terminateAfterMs = 2_000;
const drainPollMs = 20;
/** a customer id becomes a token of a NATS subject */
const subjectToken = /^[\w-]{1,100}$/;

/** A third party's token needs this scope: frames tell what the orders and payments of the REST API tell. */
const scope: Scope = 'orders:read';
const mayRead = ({ scopes }: User): boolean => scopes.includes(platformScope) || scopes.includes(scope);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One WebSocket from its opening to its end: it authenticates or is a guest, resumes, gets frames and subscribes. */
export const openSession = (socket: WebSocket, deps: SessionDeps) => {
  const { auth, bus, stream, recipients, liveSequence, guests, log, limits } = deps;
  const allowed = tokenBucket({ capacity: limits.framesAtOnce, perSecond: limits.framesPerSecond });
  const channels = new Set<string>();
  let recipient: Recipient | undefined;
  let verifiedToken = '';
  let caughtUp = false;
  let over = false;
  let expiry: NodeJS.Timeout | undefined;
  let reported = 0;

  const reply = (frame: ReadyFrame | PongFrame | ErrorFrame): void => {
    if (!over) socket.send(JSON.stringify(frame));
  };

  /** No frame leaves after this. */
  const end = (code: CloseCode, reason: string): void => {
    if (over) return;
    leave();
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), terminateAfterMs).unref();
  };

  const refuse = (code: CloseCode, error: { code: string; message: string }): void => {
    reply({ type: 'error', code: error.code, message: error.message });
    end(code, error.code);
  };

  const leave = (): void => {
    if (over) return;
    over = true;
    clearTimeout(authenticateTimer);
    clearTimeout(expiry);
    if (!recipient) return;
    recipients.leave(recipient, channels);
    if (recipient.user.id === undefined) guests.leave();
    metrics.connections.dec();
  };

  const cutOff = (): void => {
    if (over) return;
    metrics.slowClients.inc();
    log.info({ userId: recipient?.user.id, buffered: socket.bufferedAmount }, 'slow client cut off');
    end(closeCodes.tryAgainLater, 'too-slow');
  };

  const sendFrame = (frame: OutgoingFrame, text: string): void => {
    if (over) return;
    if (socket.bufferedAmount > limits.maxBuffered) {
      cutOff();
      return;
    }
    socket.send(text);
    metrics.framesSent.inc({ type: frame.type });
  };

  const closeWhenExpired = (expiresAt: Date): void => {
    const leftMs = expiresAt.getTime() - Date.now();
    if (leftMs > 0) expiry = setTimeout(() => closeWhenExpired(expiresAt), Math.min(leftMs, maxTimerMs));
    else refuse(closeCodes.unauthenticated, { code: 'token-expired', message: 'The access token has expired' });
  };

  const ready = (sequence: number): void => {
    reported = sequence;
    const userId = recipient?.user.id;
    reply({ type: 'ready', ...(userId !== undefined && { userId }), sequence, serverTime: new Date().toISOString() });
  };

  /** Waits until the client has read most of its buffer; cuts off a client that does not. */
  const roomToSend = async (): Promise<void> => {
    const deadline = Date.now() + limits.drainWithinMs;
    while (!over && socket.bufferedAmount > limits.maxBuffered / 4) {
      if (Date.now() > deadline) return cutOff();
      await pause(drainPollMs);
    }
  };

  /** @returns the user whose frames this token may read; undefined when it was refused */
  const verified = async (token: string): Promise<User | undefined> => {
    let user: User;
    try {
      user = await auth.verify(token);
    } catch (error) {
      if (error instanceof Unauthenticated) refuse(closeCodes.unauthenticated, error);
      else {
        log.warn({ err: error }, 'token not verified');
        refuse(closeCodes.tryAgainLater, { code: 'unavailable', message: 'Tokens cannot be verified at present' });
      }
      return undefined;
    }
    if (!subjectToken.test(user.id))
      refuse(closeCodes.unauthenticated, { code: 'token-invalid', message: 'The access token is not valid' });
    else if (!mayRead(user)) refuse(closeCodes.forbidden, { code: 'scope-missing', message: `This needs the scope ${scope}` });
    else return user;
    return undefined;
  };

  /** Replaces the token of an open socket. Another user, or a guest who logged in, needs another socket. */
  const renew = async (token: string, { id, isAdmin: wasAdmin }: Recipient['user']): Promise<void> => {
    const user = await verified(token);
    if (!user || over) return;
    if (user.id !== id || isAdmin(user) !== wasAdmin)
      return refuse(closeCodes.unauthenticated, { code: 'user-changed', message: 'This socket belongs to somebody else' });
    verifiedToken = token;
    clearTimeout(expiry);
    closeWhenExpired(user.expiresAt);
    ready(liveSequence());
  };

  const welcomeGuest = (): void => {
    if (!guests.enter()) {
      const message = `At most ${limits.maxGuestsPerAddress} sockets without an account from one address`;
      refuse(closeCodes.policyViolation, { code: 'too-many-guests', message });
      return;
    }
    recipient = {
      user: { id: undefined, isAdmin: false },
      take: (frame) => sendFrame(frame, frame.text),
    };
    caughtUp = true;
    recipients.join(recipient);
    metrics.connections.inc();
    ready(liveSequence());
  };

  const authenticate = async ({ token, resumeFrom }: Extract<ClientFrame, { type: 'authenticate' }>): Promise<void> => {
    const user = await verified(token);
    if (!user) return;

    let bounds = { first: 0, last: 0 };
    if (resumeFrom !== undefined) {
      try {
        bounds = await bus.bounds(stream.declaration.name);
      } catch (error) {
        log.warn({ err: error }, 'client not resumed');
        return refuse(closeCodes.tryAgainLater, { code: 'unavailable', message: 'What was missed cannot be read at present' });
      }
    }
    if (over) return;

    // no await from here to `join`, so every frame after `joint` reaches `take`
    const joint = liveSequence();
    const { after, outcome } = startOf(resumeFrom, bounds, joint);
    metrics.resumes.inc({ outcome });
    const me = { id: user.id, isAdmin: isAdmin(user) };
    const splice = spliced<OutgoingFrame>({ after, joint }, (frame) => {
      const text = frame.customerId === undefined ? frame.text : textFor(me, frame);
      if (text !== undefined) sendFrame(frame, text);
    });
    recipient = {
      user: me,
      take: (frame) => {
        splice.live(frame);
        if (splice.isLive()) metrics.deliverySeconds.observe((Date.now() - frame.at.getTime()) / 1_000);
      },
    };
    verifiedToken = token;
    ready(after);
    if (outcome === 'too-old')
      reply({ type: 'error', code: 'resume-too-old', message: 'Some of what was missed is no longer kept: load what is shown anew' });
    recipients.join(recipient);
    metrics.connections.inc();
    closeWhenExpired(user.expiresAt);
    await catchUp(splice, me);
  };

  const catchUp = async (splice: ReturnType<typeof spliced<OutgoingFrame>>, me: { id: string; isAdmin: boolean }): Promise<void> => {
    const filter = me.isAdmin ? stream.ofEveryCustomer : stream.ofCustomer(me.id);
    try {
      for (let range = splice.nextRange(); range && !over; range = splice.nextRange()) {
        for await (const { subject, sequence, payload } of bus.read({ stream: stream.declaration.name, filter, ...range })) {
          splice.fromBacklog(outgoingFrame({ path: stream.pathOf(subject), sequence, payload }));
          await roomToSend();
          if (over) return;
        }
      }
      caughtUp = true;
    } catch (error) {
      log.warn({ err: error }, 'backlog not read');
      end(closeCodes.tryAgainLater, 'unavailable'); // the client reconnects and resumes at its last sequence
    }
  };

  const subscribe = (channel: string, to: Recipient): void => {
    if (channels.has(channel) || channels.size < limits.maxSubscriptions) {
      channels.add(channel);
      recipients.subscribe(channel, to);
    } else {
      reply({ type: 'error', code: 'too-many-subscriptions', message: `At most ${limits.maxSubscriptions} channels at a time` });
    }
  };

  const handle = async (text: string): Promise<void> => {
    const reading = readClientFrame(text);
    if (!recipient) {
      if ('frame' in reading && reading.frame.type === 'authenticate') return authenticate(reading.frame);
      if ('frame' in reading && reading.frame.type === 'guest') return welcomeGuest();
      const missing = { code: 'token-missing', message: 'The first frame authenticates' };
      return refuse(closeCodes.unauthenticated, 'code' in reading ? reading : missing);
    }
    if ('code' in reading) return reply({ type: 'error', ...reading });
    switch (reading.frame.type) {
      case 'authenticate':
        return renew(reading.frame.token, recipient.user);
      case 'guest':
        return reply({ type: 'error', code: 'already-authenticated', message: 'The first frame said who this is' });
      case 'ping':
        return reply({ type: 'pong', id: reading.frame.id, serverTime: new Date().toISOString() });
      case 'subscribe':
        return subscribe(reading.frame.channel, recipient);
      case 'unsubscribe':
        channels.delete(reading.frame.channel);
        return recipients.unsubscribe(reading.frame.channel, recipient);
    }
  };

  // one frame at a time: later frames wait until the first is answered and the backlog is sent
  let handling = Promise.resolve();
  let queued = 0;
  const onFrame = (data: RawData, isBinary: boolean): void => {
    if (over) return;
    clearTimeout(authenticateTimer);
    if (!allowed(performance.now()) || queued >= limits.framesAtOnce) {
      refuse(closeCodes.policyViolation, { code: 'too-many-frames', message: `At most ${limits.framesPerSecond} frames a second` });
      return;
    }
    const text = isBinary ? '' : data.toString();
    queued += 1;
    handling = handling
      .then(() => (over ? undefined : handle(text)))
      .catch((error) => {
        log.error({ err: error }, 'frame was not handled');
        refuse(closeCodes.tryAgainLater, error instanceof Refusal ? error : { code: 'internal-error', message: 'Something went wrong' });
      })
      .finally(() => {
        queued -= 1;
      });
  };

  const authenticateTimer = setTimeout(
    () => refuse(closeCodes.authenticateTimeout, { code: 'authenticate-timeout', message: 'The first frame authenticates, in time' }),
    limits.authenticateWithinMs,
  );
  socket.on('message', onFrame);
  socket.on('ping', () => {
    if (!allowed(performance.now())) refuse(closeCodes.policyViolation, { code: 'too-many-frames', message: 'Too many pings' });
  });
  // a frame that is too large or malformed: the library closes with the matching code
  socket.on('error', (error) => log.debug({ err: error }, 'socket error'));
  socket.on('close', (code) => {
    leave();
    metrics.closes.inc({ code: String(code) });
  });

  /** Closes the socket when its token was revoked meanwhile. While that cannot be known, it stays open. */
  const verifyAgain = async (): Promise<void> => {
    if (recipient?.user.id === undefined || over) return;
    try {
      await auth.verify(verifiedToken);
    } catch (error) {
      if (error instanceof Unauthenticated) refuse(closeCodes.unauthenticated, error);
      else log.debug({ err: error }, 'token not verified again');
    }
  };

  return {
    end,
    verifyAgain,
    /** Sends a quiet client its position, so that it does not resume at a sequence that the stream has dropped. */
    reportPosition: (): void => {
      const sequence = liveSequence();
      if (!recipient || !caughtUp || sequence <= reported) return;
      ready(sequence);
    },
  };
};
export type Session = ReturnType<typeof openSession>;
