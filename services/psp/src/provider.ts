import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Money, type PaymentMethod, Unprocessable } from '@orderstream/contracts';
import { type Behaviour, type BehaviourRequest, behaviourOf, type Configured } from './behaviour.js';
import type { Book } from './book.js';
import type { CallEntry, CallLog } from './calls.js';
import { type Answer, type Call, decide } from './ledger.js';
import { chance, outcomeOf } from './outcome.js';

type Details =
  | { operation: 'create'; amount: Money; paymentMethod: PaymentMethod }
  | { operation: 'settle' | 'refund' | 'void'; amount?: Money | undefined }
  | { operation: 'notify' };

/** A call as it came in. `body` is the raw body, to detect a key that is reused for another request. */
export type Asked = Details & { paymentId: string; key: string; body: unknown };

export type Told =
  | { kind: 'answer'; answer: Answer; replayed: boolean }
  /** a 500 without an effect */
  | { kind: 'error' }
  /** no answer at all */
  | { kind: 'silence' };

export type Provider = ReturnType<typeof standIn>;

type Deps = { book: Book; calls: CallLog; configured: Configured; seed: string; now: () => Date; newReference: () => string };

/** The provider's stand-in: its configured misbehaviour, around the book and the ledger's rules. */
export const standIn = ({ book, calls, configured, seed, now, newReference }: Deps) => {
  let behaviour: Behaviour = behaviourOf(configured);
  let asked = 0;
  const stopping = new AbortController();

  const callOf = (request: Asked): Call => {
    const { operation, paymentId } = request;
    switch (operation) {
      case 'create': {
        const outcome = outcomeOf(request.paymentMethod, paymentId, seed, behaviour.declineRate);
        return { operation, paymentId, amount: request.amount, outcome, reference: newReference() };
      }
      case 'notify':
        return { operation, paymentId };
      default:
        return { operation, paymentId, ...(request.amount && { amount: request.amount }) };
    }
  };

  const fails = (subject: string): boolean => {
    if (behaviour.failNext > 0) {
      behaviour = { ...behaviour, failNext: behaviour.failNext - 1 };
      return true;
    }
    return behaviour.failRate > 0 && chance(seed, `fail:${subject}`) < behaviour.failRate;
  };

  /**
   * Looks the key up, decides and records without an await in between, so that concurrent calls with one key have one
   * effect.
   */
  const work = async (request: Asked, entry: CallEntry): Promise<Told> => {
    const { operation, paymentId, key } = request;
    const fingerprint = createHash('sha256')
      .update(`${operation} ${paymentId} ${canonical(request.body)}`)
      .digest('base64');
    const before = book.remembered(key);
    if (before) {
      if (before.request !== fingerprint) throw new Unprocessable('idempotency-key-reused', `${key} was used for another request`);
      entry.replayed = true;
      await book.written();
      return { kind: 'answer', answer: before.answer, replayed: true };
    }
    const { effect, answer } = decide(callOf(request), book.account(paymentId));
    entry.effect = true;
    await book.append({ at: now().toISOString(), paymentId, key, request: fingerprint, effect, answer });
    return { kind: 'answer', answer, replayed: false };
  };

  return {
    /** @throws Refusal of the ledger, or when the key was used for another request */
    ask: async (request: Asked, entry: CallEntry): Promise<Told> => {
      const subject = `${++asked}:${request.key}`;
      const { latencyMs, answerAfterMs, answerAfterRate, operations } = behaviour;
      const misbehaves = operations.includes(request.operation);
      if (behaviour.errors || (misbehaves && fails(subject))) return { kind: 'error' };
      if (request.operation === 'create' && request.paymentMethod === 'tok_unreachable') return { kind: 'silence' };
      const wait = misbehaves ? latencyMs : configured.latencyMs;
      if (wait > 0) await sleep(wait);
      const late = misbehaves && answerAfterMs > 0 && chance(seed, `late:${subject}`) < answerAfterRate;
      try {
        return await work(request, entry);
      } finally {
        if (late) await sleep(answerAfterMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    },
    behaviour: (): Behaviour => behaviour,
    behave: (request: BehaviourRequest): Behaviour => {
      behaviour = behaviourOf(configured, request, behaviour.errors);
      return behaviour;
    },
    reset: (): Behaviour => {
      behaviour = behaviourOf(configured);
      return behaviour;
    },
    toggleErrors: (): boolean => {
      behaviour = { ...behaviour, errors: !behaviour.errors };
      return behaviour.errors;
    },
    /** Sends all delayed answers now, so that stopping does not wait for them. */
    stop: (): void => stopping.abort(),
    calls,
    book,
  };
};

/** JSON with sorted keys, so that equal bodies have equal texts. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
};
