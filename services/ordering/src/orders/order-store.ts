import { type Change, type NewCommand, stateStored, type Versioned } from '@orderstream/aggregates';
import type { OrderStatus } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import type { Order, OrderCommand, OrderEvent, PlacedOrder } from './order.js';

type OrderChange = Change<Order, OrderEvent>;

const times = [
  'placedAt',
  'deadline',
  'holdableUntil',
  'paidAt',
  'confirmedAt',
  'capturedAt',
  'shippedAt',
  'cancelledAt',
  'failedAt',
] as const;
type Time = (typeof times)[number];

/**
 * A row of `orders`. Values that the database searches for, and that may change, are in columns only. Times in jsonb
 * are texts.
 */
export type OrderRow = {
  id: string;
  version: number;
  status: OrderStatus;
  pending_until: Date;
  state: Omit<PlacedOrder, 'status' | 'pendingUntil' | Time> & Partial<Record<Time, string>>;
};

export const orderColumns = ['id', 'version', 'status', 'pending_until', 'state'] as const satisfies (keyof OrderRow)[];

/** Orders from before it was stored have the default that was valid then. */
const holdableUntilOf = ({ placedAt }: { placedAt?: string }): Date => new Date(Date.parse(placedAt!) + 86_400_000);

export const orderOf = ({ status, pending_until: pendingUntil, state }: Omit<OrderRow, 'id' | 'version'>): PlacedOrder => {
  const dates = times.flatMap((name) => (state[name] === undefined ? [] : [[name, new Date(state[name])]]));
  const order = { ...(state as Omit<PlacedOrder, 'status' | 'pendingUntil'>), ...Object.fromEntries(dates), status, pendingUntil };
  return { ...order, holdableUntil: order.holdableUntil ?? holdableUntilOf(state) };
};

export const stateOf = ({ status: _, pendingUntil: __, ...state }: PlacedOrder): string => JSON.stringify(state);

/** Leaves out orders that are being placed: their ids are new. */
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
  tx: Transaction,
  ids: string[],
  commands: readonly NewCommand<OrderCommand>[],
): Promise<Map<string, Versioned<Order>>> => {
  const existing = idsToLoad(ids, commands);
  if (existing.length === 0) return new Map();
  const { rows } = await tx.query<OrderRow>(`select ${orderColumns.join(', ')} from orders where id = any($1::uuid[])`, [existing]);
  return new Map(rows.map((row) => [row.id, { state: orderOf(row), version: row.version }]));
};

/**
 * One statement writes orders (`$8` and on) and history (`$1` to `$6`); it fails unless every order still has the
 * version that was loaded.
 */
const withHistory = `
  noted as (
    insert into order_history (order_id, version, type, status, at, data)
    select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[])
  )
  select require_all_saved(count(*), $7) from saved`;

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
    select * from unnest($8::uuid[], $9::int[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::uuid[], $15::jsonb[],
                         $16::text[], $17::uuid[], $18::bigint[], $19::text[], $20::timestamptz[])
    on conflict (id) do nothing
    returning 1
  ), ${withHistory}`;

const updateExisting = `
  with saved as (
    update orders
       set version = changed.version, status = changed.status, pending_until = changed.pending_until,
           correlation_id = changed.correlation_id, traceparent = changed.traceparent, last_event_id = changed.last_event_id,
           state = changed.state
      from unnest($8::uuid[], $9::int[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::uuid[], $15::jsonb[], $16::int[])
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
    orders.map(stateOf),
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

const write = (tx: Transaction, statement: string, rows: unknown[][], changes: OrderChange[]): void => {
  if (changes.length > 0) tx.write(statement, [...historyValues(changes), changes.length, ...rows]);
};

const save = (tx: Transaction, changes: OrderChange[]): void => {
  const placed = changes.filter(({ loadedVersion }) => loadedVersion === 0);
  const changed = changes.filter(({ loadedVersion }) => loadedVersion > 0);
  write(tx, insertNew, newRowValues(placed), placed);
  write(tx, updateExisting, [...rowValues(changed), changed.map(({ loadedVersion }) => loadedVersion)], changed);
};

/** Stores orders as rows; the same statement adds every event to their history. */
export const orderStore = stateStored<Order, OrderCommand, OrderEvent>({ load, save });
