import { type Change, type NewCommand, stateStored, type Versioned } from '@orderstream/aggregates';
import { VersionConflict } from '@orderstream/persistence';
import type { Knex } from 'knex';
import type { Order, OrderCommand, OrderEvent, PlacedOrder } from './order.js';

type OrderChange = Change<Order, OrderEvent>;
type Row = { id: string; version: number; state: StoredOrder };

const times = [
  'placedAt',
  'deadline',
  'pendingUntil',
  'paidAt',
  'confirmedAt',
  'capturedAt',
  'shippedAt',
  'cancelledAt',
  'failedAt',
] as const satisfies (keyof PlacedOrder)[];

/** An order as jsonb gives it back: its times are texts. */
export type StoredOrder = Omit<PlacedOrder, (typeof times)[number]> & Partial<Record<(typeof times)[number], string>>;

export const orderOf = (stored: StoredOrder): PlacedOrder => {
  const read = times.flatMap((name) => (stored[name] === undefined ? [] : [[name, new Date(stored[name])]]));
  return { ...stored, ...Object.fromEntries(read) };
};

/** An order that is being placed has a new id: there is nothing to look for. */
const idsToLoad = (ids: string[], commands: readonly NewCommand<OrderCommand>[]): string[] => {
  const isNew = new Set<string>();
  const seen = new Set<string>();
  for (const { type, data } of commands) {
    if (type === 'PlaceOrder' && !seen.has(data.orderId)) isNew.add(data.orderId);
    seen.add(data.orderId);
  }
  return ids.filter((id) => !isNew.has(id));
};

const load = async (
  tx: Knex.Transaction,
  ids: string[],
  commands: readonly NewCommand<OrderCommand>[],
): Promise<Map<string, Versioned<Order>>> => {
  const existing = idsToLoad(ids, commands);
  if (existing.length === 0) return new Map();
  const { rows } = await tx.raw<{ rows: Row[] }>('select id, version, state from orders where id = any(?::uuid[]) order by id for update', [
    existing,
  ] as Knex.RawBinding[]);
  return new Map(rows.map(({ id, version, state }) => [id, { state: orderOf(state), version }]));
};

/** In one statement with the rows of the orders; `saved` is how many of those were as they had been loaded. */
const withHistory = `
  noted as (
    insert into order_history (order_id, version, type, status, at, data)
    select * from unnest(?::uuid[], ?::int[], ?::text[], ?::text[], ?::timestamptz[], ?::jsonb[])
  )
  select count(*)::int as saved from saved`;

const historyValues = (changes: OrderChange[]): unknown[][] => {
  const recorded = changes.flatMap((change) => change.recorded);
  return [
    recorded.map(({ id }) => id),
    recorded.map(({ version }) => version),
    recorded.map(({ event }) => event.type),
    recorded.map(({ state }) => state.status),
    recorded.map(({ event }) => event.at),
    recorded.map(({ event: { data } }) => JSON.stringify({ ...data, orderId: undefined })),
  ];
};

const insertNew = `
  with saved as (
    insert into orders (id, version, status, pending_until, correlation_id, traceparent, last_event_id, state,
                        order_number, customer_id, total_amount, total_currency, placed_at)
    select * from unnest(?::uuid[], ?::int[], ?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::uuid[], ?::jsonb[],
                         ?::text[], ?::uuid[], ?::bigint[], ?::text[], ?::timestamptz[])
    on conflict (id) do nothing
    returning 1
  ), ${withHistory}`;

const updateExisting = `
  with saved as (
    update orders
       set version = changed.version, status = changed.status, pending_until = changed.pending_until,
           correlation_id = changed.correlation_id, traceparent = changed.traceparent, last_event_id = changed.last_event_id,
           state = changed.state
      from unnest(?::uuid[], ?::int[], ?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::uuid[], ?::jsonb[], ?::int[])
        as changed(id, version, status, pending_until, correlation_id, traceparent, last_event_id, state, loaded_version)
     where orders.id = changed.id and orders.version = changed.loaded_version
    returning 1
  ), ${withHistory}`;

const placedOrderOf = ({ state }: OrderChange): PlacedOrder => {
  if (state.status === 'NotPlaced') throw new Error('an order that has an event is placed');
  return state;
};

const rowValues = (changes: OrderChange[]): unknown[][] => {
  const orders = changes.map(placedOrderOf);
  const last = changes.map(({ recorded }) => recorded.at(-1)!);
  return [
    changes.map(({ id }) => id),
    changes.map(({ version }) => version),
    orders.map(({ status }) => status),
    orders.map(({ pendingUntil }) => pendingUntil),
    last.map(({ context }) => context.correlationId),
    last.map(({ context }) => context.traceparent),
    last.map(({ eventId }) => eventId),
    orders.map((order) => JSON.stringify(order)),
  ];
};

const newRowValues = (changes: OrderChange[]): unknown[][] => {
  const orders = changes.map(placedOrderOf);
  return [
    ...rowValues(changes),
    orders.map(({ orderNumber }) => orderNumber),
    orders.map(({ customerId }) => customerId),
    orders.map(({ total }) => total.amount),
    orders.map(({ total }) => total.currency),
    orders.map(({ placedAt }) => placedAt),
  ];
};

const write = async (tx: Knex.Transaction, statement: string, rows: unknown[][], changes: OrderChange[]): Promise<void> => {
  if (changes.length === 0) return;
  const result = await tx.raw<{ rows: [{ saved: number }] }>(statement, [...rows, ...historyValues(changes)] as Knex.RawBinding[]);
  if (result.rows[0].saved !== changes.length) throw new VersionConflict('orders: somebody else saved one of these in between');
};

const save = async (tx: Knex.Transaction, changes: OrderChange[]): Promise<void> => {
  const placed = changes.filter(({ loadedVersion }) => loadedVersion === 0);
  const changed = changes.filter(({ loadedVersion }) => loadedVersion > 0);
  await write(tx, insertNew, newRowValues(placed), placed);
  await write(tx, updateExisting, [...rowValues(changed), changed.map(({ loadedVersion }) => loadedVersion)], changed);
};

/** Orders are rows; every event is noted in their history by the same statement. */
export const orderStore = stateStored<Order, OrderCommand, OrderEvent>({ load, save });
