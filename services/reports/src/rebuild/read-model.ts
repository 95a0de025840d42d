import { Unavailable } from '@orderstream/contracts';
import type { Queryable, Transaction } from '@orderstream/persistence';
import { mappingVersion } from '../orders/order-document.js';

/** The database's record of the index of orders, which outlives the index. */
export type ReadModel = {
  /** the index that has all orders; null before the first rebuild */
  indexUuid: string | null;
  mappingVersion: number | null;
  completedAt: Date | null;
  /** an operator requested a rebuild, which is not done yet */
  rebuildWanted: boolean;
  /** the progress of the current rebuild */
  progress: Progress | null;
};

export type Progress = { eventsRead: number; eventsTotal: number };

/** How long a rebuilding process may be silent before another takes over, s. */
const leaseSeconds = 10;

/** `$1` is the process. */
const isMine = `name = 'orders' and rebuilder = $1`;
const lock = `hashtextextended('read model orders', 0)`;

export const getReadModel = async (db: Queryable): Promise<ReadModel> => {
  const { rows } = await db.query(`select * from read_models where name = 'orders'`);
  const { index_uuid, mapping_version, completed_at, rebuild_wanted, events_read, events_total } = rows[0];
  return {
    indexUuid: index_uuid,
    mappingVersion: mapping_version,
    completedAt: completed_at,
    rebuildWanted: rebuild_wanted,
    progress: events_total === null ? null : { eventsRead: events_read, eventsTotal: events_total },
  };
};

/** Requests a rebuild. A request during a rebuild changes nothing. */
export const wantRebuild = async (db: Queryable): Promise<void> => {
  await db.query(`update read_models set rebuild_wanted = true where name = 'orders'`);
};

/** Takes the lease of the rebuild: one process at a time, until it releases the lease or was silent for too long. */
export const takeRebuild = async (db: Queryable, process: string): Promise<boolean> => {
  const { rowCount } = await db.query(
    `update read_models set rebuilder = $1, rebuilder_until = now() + make_interval(secs => ${leaseSeconds}), events_read = 0, events_total = 0
      where name = 'orders' and (rebuilder is null or rebuilder_until < now())`,
    [process],
  );
  return rowCount === 1;
};

/** Renews the lease and saves the progress; false when another process has taken over. */
export const noteProgress = async (db: Queryable, process: string, { eventsRead, eventsTotal }: Progress): Promise<boolean> => {
  const { rowCount } = await db.query(
    `update read_models set events_read = $2, events_total = $3, rebuilder_until = now() + make_interval(secs => ${leaseSeconds}) where ${isMine}`,
    [process, eventsRead, eventsTotal],
  );
  return rowCount === 1;
};

export const giveUpRebuild = async (db: Queryable, process: string): Promise<void> => {
  await db.query(
    `update read_models set rebuilder = null, rebuilder_until = null, events_read = null, events_total = null where ${isMine}`,
    [process],
  );
};

/**
 * Locks out a switch of the alias. Every transaction that writes orders takes this lock.
 *
 * @throws Unavailable while the alias is being switched, and while the index has another mapping than this code
 */
export const lockForWriting = async (tx: Transaction): Promise<void> => {
  const [locked, model] = await Promise.all([
    tx.query(`select pg_try_advisory_xact_lock_shared(${lock}) as mine`),
    tx.query(`select mapping_version as mapping from read_models where name = 'orders'`), // separate, to see the last switch
  ]);
  if (!locked.rows[0].mine) throw new Unavailable('search-unavailable', 'The orders are being moved to another index');
  if (model.rows[0].mapping !== mappingVersion)
    throw new Unavailable('search-unavailable', `There is no index of orders with mapping ${mappingVersion} yet`);
};

/** Waits while the alias is being switched. */
export const lockForReading = async (tx: Transaction): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock_shared(${lock})`);
};

/**
 * Locks out writers and other switches until the transaction ends.
 *
 * @throws Error when another process has taken over the rebuild
 */
export const lockForSwitch = async (tx: Transaction, process: string): Promise<void> => {
  await tx.query(`set local idle_in_transaction_session_timeout = '30s'`); // the transaction waits for Kafka and Elasticsearch
  await tx.query(`select pg_advisory_xact_lock(${lock})`);
  const { rows } = await tx.query(`select from read_models where ${isMine} for update`, [process]);
  if (rows.length === 0) throw new RebuildLost();
};

/** Records the index as complete, in the transaction that switched the alias. */
export const noteComplete = async (tx: Transaction, process: string, indexUuid: string): Promise<void> => {
  await tx.query(
    `update read_models set index_uuid = $2, mapping_version = ${mappingVersion}, completed_at = now(), rebuild_wanted = false where ${isMine}`,
    [process, indexUuid],
  );
};

/** This process was silent for too long, and another one rebuilds. */
export class RebuildLost extends Error {
  override readonly name = 'RebuildLost';
}
