import { randomUUID } from 'node:crypto';
import { limiter, retryDelayMs, wait } from '@orderstream/async';
import type { MessageContext } from '@orderstream/contracts';
import {
  countDeadLetter,
  type DeadLetter,
  errorText,
  maxFailures,
  parkForSure,
  type Received,
  type Replayable,
  takeLetter,
  throughOutages,
} from '@orderstream/event-bridge';
import { type Database, groupCommit, inTransaction, type Transaction } from '@orderstream/persistence';
import { type Component, type Logger, runWithContext } from '@orderstream/service-host';
import {
  contextOfJob,
  type Holder,
  type Job,
  type JobQueue,
  jobsTopic,
  postpone,
  putBack,
  releaseLeases,
  removeJobs,
  renewLeases,
  takeDue,
} from './job-queue.js';
import { jobsTotal, reportJobs } from './metrics.js';

/** Thrown by `perform` when the call got no answer: the job is retried after `afterMs`, without a limit. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  constructor(
    message: string,
    readonly afterMs: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Makes a call to a third party, outside of any transaction, and returns the commands that its answer causes. The call
 * may be repeated, so it carries an idempotency key.
 */
export type Perform<Command> = (job: Job, signal: AbortSignal) => Promise<Command[]>;

type Options<Command, Prepared> = {
  db: Database;
  queue: JobQueue;
  /** by the kind of job; jobs of other kinds are left alone */
  perform: Readonly<Record<string, Perform<Command>>>;
  /** runs the commands of the answers, in the transaction that removes the jobs */
  handler: {
    prepare: (tx: Transaction, commands: readonly Command[]) => Prepared;
    handle: (
      tx: Transaction,
      commands: readonly Command[],
      contextOf: (command: Command) => MessageContext,
      prepared: Prepared,
    ) => Promise<unknown>;
  };
  /** largest number of concurrent calls (64) */
  concurrency?: number;
  /** how long a lease lasts after its last renewal, ms (3 000) */
  leaseMs?: number;
};

const pollMs = 1_000;
/** Poll interval while more jobs are due than this runner has room for. */
const busyPollMs = 50;
/** A job that lost its lease this often is taken for the cause, and parked. */
const maxLostLeases = 5;

/** Why a job is not done; undefined when it is done. */
type Failure = { error: string } | undefined;

type Answered<Command> = { job: Job; commands: Command[] };

/**
 * Performs the jobs of a queue: jobs that its own process adds as soon as they are committed, other jobs when they are
 * due. A runner holds a job by a lease, which it renews during the call; any runner takes the job over once the lease
 * has ended. The commands of an answer and the removal of the job commit in one transaction, shared with other answers.
 * Only the lease holder's answer counts. Jobs of one key run in order, those of different keys concurrently. A call
 * without an answer is retried later. A job that keeps failing is parked, and the jobs behind it in its key wait.
 */
export const jobRunner = <Command, Prepared>({
  db,
  queue,
  perform,
  handler,
  concurrency = 64,
  leaseMs = 3_000,
}: Options<Command, Prepared>): Component & Replayable => {
  const { consumer } = queue;
  const kinds = Object.keys(perform);
  const limit = limiter(concurrency);
  const stopping = new AbortController();
  const { signal } = stopping;
  const mostHeld = concurrency * 4;
  const held = new Map<string, { work: Promise<Failure>; since: number }>();
  let pollNow = (): void => undefined;
  let log: Logger;
  let running: Promise<unknown> = Promise.resolve();

  const holder: Holder = {
    id: randomUUID(),
    leaseMs,
    hasRoom: () => held.size < mostHeld,
    begin: (jobs) => {
      for (const job of jobs) void begin(job);
    },
  };

  const persist = <Result>(work: () => Promise<Result>): Promise<Result> =>
    throughOutages(work, { consumer, probe: () => db.query('select 1'), log, signal });

  const finish = groupCommit(db, async (tx, answers: Answered<Command>[]) => {
    const prepared = handler.prepare(
      tx,
      answers.flatMap(({ commands }) => commands),
    );
    const ours = await removeJobs(
      tx,
      holder,
      answers.map(({ job }) => job.id),
    );
    const counting = answers.filter(({ job }) => ours.has(job.id));
    const contexts = new Map(counting.flatMap(({ job, commands }) => commands.map((command) => [command, contextOfJob(job)])));
    if (contexts.size > 0) await handler.handle(tx, [...contexts.keys()], (command) => contexts.get(command)!, prepared);
    if ([...ours.values()].some(({ more }) => more)) tx.committed.then(pollNow, () => undefined);
    return answers.map(({ job }) => ours.has(job.id));
  });

  const setAside = async (job: Job, error: string, attempts: number): Promise<void> => {
    const { id, kind, key, position } = job;
    const parking = { received: messageOf(job), id, type: kind, error, attempts };
    const parked = await parkForSure(db, consumer, parking, {
      begin: async (tx) => (await removeJobs(tx, holder, [id])).has(id), // false when another runner holds it
      log,
      signal,
    });
    if (parked.length === 0) return;
    countDeadLetter(consumer, jobsTopic);
    log.error({ consumer, jobId: id, kind, key, position, reason: error }, 'job parked in the dead letters');
  };

  const attempt = async (job: Job): Promise<Failure> => {
    const { kind, lostLeases } = job;
    const done = (outcome: string) => jobsTotal.inc({ kind, outcome });
    const park = async (error: string, attempts: number): Promise<Failure> => {
      await setAside(job, error, attempts);
      done('parked');
      return { error };
    };
    if (lostLeases >= maxLostLeases) return park(`its lease ended ${lostLeases} times before an answer`, job.attempts);
    for (let failures = 1; ; failures += 1) {
      try {
        const commands = await perform[kind]!(job, signal);
        const counted = await persist(() => finish({ job, commands }));
        done(counted ? 'done' : 'superseded');
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RetryLater) {
          await persist(() => postpone(db, holder, job.id, error.afterMs, error.message));
          done('postponed');
          return { error: error.message };
        }
        log.warn({ consumer, kind, failures, err: error }, 'a job failed');
        if (failures >= maxFailures(error)) return park(errorText(error), job.attempts + failures);
        await wait(retryDelayMs(failures), signal);
      }
    }
  };

  const begin = (job: Job): Promise<Failure> => {
    const known = held.get(job.id);
    if (known) return known.work; // this runner's own lease ended and was taken again by itself
    const work = limit(async () => {
      signal.throwIfAborted();
      return runWithContext(contextOfJob(job), () => attempt(job));
    })
      .catch((error): Failure => {
        if (!signal.aborted) log.error({ consumer, jobId: job.id, err: error }, 'a job failed; it is tried again when its lease ends');
        return { error: errorText(error) };
      })
      .finally(() => held.delete(job.id));
    held.set(job.id, { work, since: performance.now() });
    return work;
  };

  const poll = async (): Promise<void> => {
    const pause = new AbortController();
    pollNow = () => pause.abort();
    const room = mostHeld - held.size;
    const jobs = room > 0 ? await takeDue(db, queue, holder, kinds, room) : [];
    holder.begin(jobs);
    await wait(jobs.length === room ? busyPollMs : pollMs, AbortSignal.any([signal, pause.signal])).catch(() => undefined);
  };

  const renew = async (): Promise<void> => {
    await wait(leaseMs / 3, signal).catch(() => undefined);
    const older = performance.now() - leaseMs / 3;
    const lasting = [...held].filter(([, { since }]) => since < older).map(([id]) => id);
    if (lasting.length > 0) await renewLeases(db, holder, lasting);
  };

  /** Repeats work until the runner stops. An outage is logged once. */
  const repeat = async (work: () => Promise<void>, what: string): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await work();
        failures = 0;
      } catch (err) {
        failures += 1;
        if (failures === 1) log.warn({ consumer, err }, `could not ${what}; retrying`);
        await wait(retryDelayMs(failures, { maxMs: pollMs }), signal).catch(() => undefined);
      }
    }
  };

  return {
    name: `jobs ${consumer}`,
    start: async (host) => {
      log = host.log;
      reportJobs(db);
      queue.serve(holder);
      running = Promise.all([repeat(poll, 'look for jobs that are due'), repeat(renew, 'renew the leases of jobs')]);
    },
    stop: async () => {
      queue.serve(undefined);
      stopping.abort(new Error('the job runner stops'));
      await running;
      await Promise.all([...held.values()].map(({ work }) => work));
      await releaseLeases(db, holder).catch(() => {}); // leases end by themselves
    },
    consumer,
    replay: async (sequence) => {
      for (let replayed = 0; ; replayed += 1) {
        const job = await inTransaction(db, async (tx) => {
          const letter = await takeLetter(tx, consumer, sequence);
          if (!letter) return undefined;
          const job = jobOf(letter);
          await putBack(tx, holder, job);
          return job;
        });
        if (!job) {
          pollNow(); // jobs behind it may be due
          return { replayed };
        }
        const failure = await begin(job);
        if (failure) return { replayed, error: failure.error };
      }
    },
  };
};

/** A job in the form of a message, as the dead letters store it. */
const messageOf = ({ id, key, position, payload, correlationId, traceparent }: Job): Received => ({
  topic: jobsTopic,
  partition: 0,
  offset: String(position),
  fingerprint: id,
  key: Buffer.from(key),
  headers: [
    ['ce_correlationid', Buffer.from(correlationId)],
    ['traceparent', Buffer.from(traceparent)],
  ],
  header: () => undefined,
  payload: Buffer.from(JSON.stringify(payload)),
});

const jobOf = (letter: DeadLetter): Job => {
  const { id, eventId, type, key, offset, payload, attempts } = letter;
  return {
    id: eventId ?? id,
    kind: type ?? '',
    key: String(key),
    position: Number(offset),
    payload: JSON.parse(String(payload)) as object,
    correlationId: letter.header('ce_correlationid') || id,
    traceparent: letter.header('traceparent') ?? '',
    attempts,
    lostLeases: 0,
  };
};
