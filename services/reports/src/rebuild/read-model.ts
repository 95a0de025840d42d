import { Unavailable } from '@orderstream/contracts';
import type { Queryable, Transaction } from '@orderstream/persistence';
import { mappingVersion } from '../orders/order-document.js';

/** What the database knows of the index of orders: it outlives the index. */
export type ReadModel = {
  /** the index that has all orders; null before the first was filled */
  indexUuid: string | null;
  mappingVersion: number | null;
  completedAt: Date | null;
  /** an operator asked for a rebuild, which is not done yet */
  rebuildWanted: boolean;
  /** of the rebuild that is under way */
  progress: Progress | null;
};

export type Progress = { eventsRead: number; eventsTotal: number };

/** How long a process that rebuilds may be silent before another begins anew, s. */
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

/** Asks for a rebuild. Whoever asks while one is under way gets that one. */
export const wantRebuild = async (db: Queryable): Promise<void> => {
  await db.query(`update read_models set rebuild_wanted = true where name = 'orders'`);
};

/** Whether the process may rebuild: one at a time, until it gives that up or was silent for too long. */
export const takeRebuild = async (db: Queryable, process: string): Promise<boolean> => {
  const { rowCount } = await db.query(
    `update read_models set rebuilder = $1, rebuilder_until = now() + make_interval(secs => ${leaseSeconds}), events_read = 0, events_total = 0
      where name = 'orders' and (rebuilder is null or rebuilder_until < now())`,
    [process],
  );
  return rowCount === 1;
};

/** Whether the rebuild is still this process's. */
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
 * Taken by every transaction that writes orders: until it ends the alias stays where it is.
 *
 * @throws Unavailable while the alias is being switched, and while the index is not of this code's mapping
 */
export const lockForWriting = async (tx: Transaction): Promise<void> => {
  const [locked, model] = await Promise.all([
    tx.query(`select pg_try_advisory_xact_lock_shared(${lock}) as mine`),
    tx.query(`select mapping_version as mapping from read_models where name = 'orders'`), // of its own, to see what the last switch committed
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
 * Nobody writes, and nobody else switches the alias, until the transaction ends.
 *
 * @throws Error when the rebuild is not this process's any more
 */
export const lockForSwitch = async (tx: Transaction, process: string): Promise<void> => {
  await tx.query(`set local idle_in_transaction_session_timeout = '30s'`); // Kafka and Elasticsearch are asked meanwhile
  await tx.query(`select pg_advisory_xact_lock(${lock})`);
  const { rows } = await tx.query(`select from read_models where ${isMine} for update`, [process]);
  if (rows.length === 0) throw new RebuildLost();
};

/** In the transaction that switched the alias: this index has everything. */
export const noteComplete = async (tx: Transaction, process: string, indexUuid: string): Promise<void> => {
  await tx.query(
    `update read_models set index_uuid = $2, mapping_version = ${mappingVersion}, completed_at = now(), rebuild_wanted = false where ${isMine}`,
    [process, indexUuid],
  );
};

/** This process was silent for too long, and another rebuilds. */
export class RebuildLost extends Error {
  override readonly name = 'RebuildLost';
}
