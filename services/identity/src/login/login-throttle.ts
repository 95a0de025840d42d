import type { Database, Queryable } from '@orderstream/persistence';

/** The consecutive failures of a subject, and the time of the last. */
export type Failures = { failures: number; lastFailedAt: Date };

/** This many failures cost no wait; each further one doubles it, from one second to `maxWaitMs`. */
export type Patience = { free: number; maxWaitMs: number };

export const patience = {
  account: { free: 10, maxWaitMs: 15 * 60_000 },
  ip: { free: 100, maxWaitMs: 60_000 },
} satisfies Record<string, Patience>;

/** After this long without a failure the count restarts. */
export const forgottenAfterMs = 15 * 60_000;

/** @returns milliseconds until the subject may try again, 0 when it may now */
export const waitMs = ({ failures, lastFailedAt }: Failures, now: Date, { free, maxWaitMs }: Patience): number => {
  if (failures < free) return 0;
  const wait = Math.min(maxWaitMs, 1_000 * 2 ** (failures - free));
  return Math.max(0, lastFailedAt.getTime() + wait - now.getTime());
};

const subjectsOf = (email: string, ip: string) => ({ account: `account:${email}`, ip: `ip:${ip.slice(0, 64)}` });

/**
 * The longer wait of the account and the address, by the database's clock; and whether the account has failures to
 * clear.
 */
export const throttle = async (db: Database, email: string, ip: string): Promise<{ waitMs: number; failedBefore: boolean }> => {
  const subjects = subjectsOf(email, ip);
  const { rows } = await db.query<Failures & { subject: string; now: Date }>(
    'select subject, failures, last_failed_at as "lastFailedAt", clock_timestamp() as now from login_failures where subject = any($1)',
    [Object.values(subjects)],
  );
  const waits = rows.map((row) => waitMs(row, row.now, row.subject === subjects.account ? patience.account : patience.ip));
  return { waitMs: Math.max(0, ...waits), failedBefore: rows.some(({ subject }) => subject === subjects.account) };
};

/** Counts a failure against the account (whether it exists or not) and the address. */
export const countFailure = async (db: Database, email: string, ip: string): Promise<void> => {
  const { account, ip: address } = subjectsOf(email, ip);
  await db.query(
    `insert into login_failures as f (subject, failures, last_failed_at)
     values ($1, 1, clock_timestamp()), ($2, 1, clock_timestamp())
     on conflict (subject) do update set
       failures = case when f.last_failed_at < clock_timestamp() - $3 * interval '1 ms' then 1 else least(f.failures + 1, 1000000) end,
       last_failed_at = clock_timestamp()`,
    [account, address, forgottenAfterMs],
  );
};

/** A success clears the account's failures, never the address's: an attacker may have an account of its own. */
export const forgiveAccount = async (db: Queryable, email: string): Promise<void> => {
  await db.query('delete from login_failures where subject = $1', [subjectsOf(email, '').account]);
};

/** @returns the number of outdated rows deleted, at most `limit` */
export const sweepFailures = async (db: Database, limit = 1_000): Promise<number> => {
  const { rowCount } = await db.query(
    `delete from login_failures where subject in (
       select subject from login_failures where last_failed_at < clock_timestamp() - $1 * interval '1 ms' limit $2 for update skip locked)`,
    [forgottenAfterMs, limit],
  );
  return rowCount ?? 0;
};
