/** @typedef {{ active: boolean, lost: boolean, snapshotting: boolean }} Slot */

/**
 * While a connector takes its snapshot, its slot is not active, and the connector has a transaction open; the
 * transactions of its heartbeats are short. A server before PostgreSQL 17 does not show why a slot was invalidated.
 */
const query = `
  select slot_name, active,
         wal_status = 'lost' or to_jsonb(slots) ->> 'invalidation_reason' is not null as lost,
         exists (select from pg_stat_activity sessions
                  where sessions.datname = slots.database and application_name like 'Debezium%'
                    and backend_type = 'client backend' and xact_start < now() - interval '500 ms') as snapshotting
    from pg_replication_slots slots
   where slot_name = any($1)`;

/**
 * The replication slots of a server.
 *
 * @param {string} url of a role that may replicate; it sees snapshots only when it is the connectors' own role or a
 *   superuser
 */
export const slotsOf = async (url) => {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
  pool.on('error', () => undefined); // the next query connects again

  return {
    /** The existing slots of these names. @param {string[]} names @returns {Promise<Map<string, Slot>>} */
    read: async (names) => new Map((await pool.query(query, [names])).rows.map(({ slot_name, ...slot }) => [slot_name, slot])),

    /** @param {string} name of an inactive slot; it may have been dropped already */
    drop: (name) => pool.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', [name]),

    close: () => pool.end(),
  };
};
