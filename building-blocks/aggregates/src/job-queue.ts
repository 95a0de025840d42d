import type { MessageContext } from '@orderstream/contracts';
import { contextOfEvent } from '@orderstream/event-bridge';
import type { Database, Queryable, Transaction } from '@orderstream/persistence';

/** A call to a third party that an event requests. */
export type NewJob = {
  /** the event's id, which is also the job's */
  id: string;
  /** which call to make: the runner has a function for each kind */
  kind: string;
  /** jobs of one key run in the order in which they were added; a short plain text such as an id */
  key: string;
  /** all the data that the call needs, as JSON */
  payload: object;
  /** the event's context */
  context: MessageContext;
};

export type Job = Omit<NewJob, 'context'> & {
  position: number;
  correlationId: string;
  traceparent: string;
  attempts: number;
  /** how often a lease ended without an answer */
  lostLeases: number;
};

/**
 * The job runner of this process. It gets the leases of jobs that the process adds, and begins them once they are
 * committed.
 */
export type Holder = { id: string; leaseMs: number; hasRoom: () => boolean; begin: (jobs: Job[]) => void };

type Row = {
  id: string;
  kind: string;
  key: string;
  position: number;
  payload: object;
  correlation_id: string;
  traceparent: string;
  attempts: number;
  lost_leases: number;
};

const columns = 'id, kind, key, position, payload, correlation_id, traceparent, attempts, lost_leases';

const fromRow = ({ correlation_id, lost_leases, ...row }: Row): Job => ({ ...row, correlationId: correlation_id, lostLeases: lost_leases });

/** The context of a job's call, and of the commands of its answer. */
export const contextOfJob = ({ id, correlationId, traceparent }: Job): MessageContext => contextOfEvent({ id, correlationId, traceparent });

/** The topic under which the dead letters of jobs are listed. */
export const jobsTopic = 'jobs';

/** SQL. `value` and `consumer` are placeholders. */
const ms = (value: string) => `${value} * interval '1 millisecond'`;
const isParked = (consumer: string, key: string) =>
  `exists (select from dead_letters as letter where letter.consumer = ${consumer} and letter.sequence = '${jobsTopic}/' || ${key})`;

/**
 * The job queue of a service: rows of its table `jobs`, which commit with the events that request them.
 *
 * @param consumer the name under which their dead letters are listed
 */
export const jobQueue = (consumer: string) => {
  let holder: Holder | undefined;

  return {
    consumer,

    /** Sets the holder that gets the leases of added jobs; undefined: none. */
    serve: (by: Holder | undefined): void => {
      holder = by;
    },

    /**
     * Adds jobs in the transaction of their events. When a key has no other job, its first new one goes to this
     * process's holder, which begins it as soon as the transaction commits. Any runner may take the others.
     */
    add: (tx: Transaction, jobs: readonly NewJob[]): void => {
      if (jobs.length === 0) return;
      const by = holder?.hasRoom() ? holder : undefined;
      const keys = new Set<string>();
      const firstOfKey = jobs.map(({ key }) => !keys.has(key) && keys.add(key) !== undefined);
      const added = tx.write<Row>(
        `with added as (
           insert into jobs (id, kind, key, payload, correlation_id, traceparent, locked_by, locked_until)
           select id, kind, key, payload, correlation_id, traceparent,
                  case when free then $1::uuid end, case when free then clock_timestamp() + ${ms('$2')} end
             from unnest($3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::boolean[]) with ordinality
                    as asked(id, kind, key, payload, correlation_id, traceparent, first, place),
                  lateral (select first and not exists (select from jobs where jobs.key = asked.key) and not ${isParked('$10', 'asked.key')} as free) as standing
            order by place
           returning ${columns}, locked_by)
         select ${columns} from added where locked_by is not null order by position`,
        [
          by?.id ?? null,
          by?.leaseMs ?? 0,
          jobs.map(({ id }) => id),
          jobs.map(({ kind }) => kind),
          jobs.map(({ key }) => key),
          jobs.map(({ payload }) => JSON.stringify(payload)),
          jobs.map(({ context }) => context.correlationId),
          jobs.map(({ context }) => context.traceparent),
          firstOfKey,
          consumer,
        ],
      );
      if (by)
        void tx.committed.then(
          async () => by.begin((await added).rows.map(fromRow)),
          () => undefined, // rolled back: the jobs do not exist
        );
    },
  };
};

export type JobQueue = ReturnType<typeof jobQueue>;

/** Leases due jobs, the first of each key; also jobs whose lease has ended. */
export const takeDue = async (
  db: Database,
  { consumer }: JobQueue,
  { id, leaseMs }: Holder,
  kinds: readonly string[],
  limit: number,
): Promise<Job[]> => {
  // statement_timestamp(), because an index search needs a value that is constant during the query, which
  // clock_timestamp() is not
  const { rows } = await db.query<Row>(
    `update jobs
        set locked_by = $1, locked_until = clock_timestamp() + ${ms('$2')}, lost_leases = lost_leases + case when locked_by <> $1 then 1 else 0 end
      where id = any (array(
        select id from jobs as due
         where run_at <= statement_timestamp() and (locked_until is null or locked_until <= statement_timestamp()) and kind = any($3)
           and not exists (select from jobs as earlier where earlier.key = due.key and earlier.position < due.position)
           and not ${isParked('$4', 'due.key')}
         order by run_at limit $5 for update skip locked))
      returning ${columns}`,
    [id, leaseMs, kinds, consumer, limit],
  );
  return rows.map(fromRow);
};

/** Renews leases. Rows that another transaction has locked are skipped. */
export const renewLeases = async (db: Database, { id, leaseMs }: Holder, jobIds: readonly string[]): Promise<void> => {
  await db.query(
    `update jobs set locked_until = clock_timestamp() + ${ms('$1')}
      where id = any (array(select id from jobs where id = any($2::uuid[]) and locked_by = $3 for update skip locked))`,
    [leaseMs, jobIds, id],
  );
};

/** Releases all leases, so that other runners need not wait for their end. */
export const releaseLeases = async (db: Database, { id }: Holder): Promise<void> => {
  await db.query('update jobs set locked_by = null, locked_until = null where locked_by = $1', [id]);
};

/** Removes the jobs that the holder still leases. @returns these jobs, and for each whether its key has more */
export const removeJobs = async (tx: Transaction, { id }: Holder, jobIds: readonly string[]): Promise<Map<string, { more: boolean }>> => {
  const { rows } = await tx.query<{ id: string; more: boolean }>(
    `delete from jobs as done where id = any($1::uuid[]) and locked_by = $2
     returning id, exists (select from jobs as next where next.key = done.key and next.position > done.position) as more`,
    [jobIds, id],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

/** Releases a job that got no answer, to be retried later. */
export const postpone = async (db: Queryable, { id }: Holder, jobId: string, afterMs: number, error: string): Promise<void> => {
  await db.query(
    `update jobs set run_at = clock_timestamp() + ${ms('$1')}, locked_by = null, locked_until = null, attempts = attempts + 1, last_error = $2
      where id = $3 and locked_by = $4`,
    [afterMs, error, jobId, id],
  );
};

/** Puts a job back at its old position, leased: before the jobs that were added to its key since. */
export const putBack = async (tx: Transaction, { id, leaseMs }: Holder, job: Job): Promise<void> => {
  await tx.query(
    `insert into jobs (id, kind, key, position, payload, correlation_id, traceparent, attempts, locked_by, locked_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + ${ms('$10')})`,
    [job.id, job.kind, job.key, job.position, JSON.stringify(job.payload), job.correlationId, job.traceparent, job.attempts, id, leaseMs],
  );
};

/** How many jobs are leased, are due, and are scheduled for later. */
export const countJobs = async (db: Database): Promise<{ state: 'held' | 'due' | 'later'; count: number }[]> => {
  const { rows } = await db.query(
    `select case when locked_until > clock_timestamp() then 'held' when run_at <= clock_timestamp() then 'due' else 'later' end as state,
            count(*)::int as count
       from jobs group by 1`,
  );
  return rows;
};
