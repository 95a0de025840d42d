import type { NewCommand } from '@orderstream/aggregates';
import type { ReservedLine } from '@orderstream/contracts';
import { databaseNow, type Transaction } from '@orderstream/persistence';
import type { Level, Reservation, ReservationStatus, Stock, StockCommand } from './stock.js';

type ReservationRow = { order_id: string; status: ReservationStatus; lines: ReservedLine[]; version: number };
type LevelRow = { product_id: string; quantity: number; reserved: number; version: number };

const unique = (ids: string[]): string[] => [...new Set(ids)];

const loadReservations = async (tx: Transaction, orderIds: string[]): Promise<Record<string, Reservation>> => {
  if (orderIds.length === 0) return {};
  const { rows } = await tx.query<ReservationRow>(
    'select order_id, status, lines, version from reservations where order_id = any($1) order by order_id for update',
    [orderIds],
  );
  return Object.fromEntries(rows.map(({ order_id, ...reservation }) => [order_id, reservation]));
};

/** The levels of these products, and of the products in the reservations of these orders. */
const loadLevels = async (tx: Transaction, productIds: string[], orderIds: string[]): Promise<Record<string, Level>> => {
  if (productIds.length + orderIds.length === 0) return {};
  const { rows } = await tx.query<LevelRow>(
    `select product_id, quantity, reserved, version from stock
      where product_id = any($1::uuid[] || array(select (line ->> 'productId')::uuid from reservations, jsonb_array_elements(lines) as line
                                                 where order_id = any($2::uuid[])))
      order by product_id for update`,
    [productIds, orderIds],
  );
  return Object.fromEntries(rows.map(({ product_id, ...level }) => [product_id, level]));
};

/**
 * Locks and loads the rows that the commands touch: first the reservations in order-id order, then the levels of all
 * their products in product-id order. Every transaction uses this order, so they cannot deadlock. The time is read
 * after the locks, in the same round trip.
 */
export type LoadedStock = { stock: Stock; at: Date };

export const loadStock = async (tx: Transaction, commands: readonly NewCommand<StockCommand>[]): Promise<LoadedStock> => {
  const orderIds = unique(commands.flatMap(({ data }) => ('orderId' in data ? [data.orderId] : [])));
  const productIds = unique(
    commands.flatMap(({ data }) => {
      if ('productId' in data) return [data.productId];
      return 'lines' in data ? data.lines.map(({ productId }) => productId) : [];
    }),
  );
  const [reservations, levels, at] = await Promise.all([
    loadReservations(tx, orderIds),
    loadLevels(tx, productIds, orderIds),
    databaseNow(tx),
  ]);
  return { stock: { levels, reservations }, at };
};

const changed = <Value>(before: Readonly<Record<string, Value>>, after: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(after).filter(([id, value]) => value !== before[id]);

const values = (rows: [string, Reservation][]) => [
  rows.map(([orderId]) => orderId),
  rows.map(([, { status }]) => status),
  rows.map(([, { lines }]) => JSON.stringify(lines)),
  rows.map(([, { version }]) => version),
];

/**
 * Another transaction may have inserted a reservation since the load found none. Then nothing is saved and the
 * transaction runs again. The insert never waits for a row lock (`do nothing` locks no row), because its holder may
 * wait for the levels that this transaction has locked.
 */
const saveReservations = (tx: Transaction, before: Stock, after: Stock, at: Date): void => {
  const rows = changed(before.reservations, after.reservations);
  const made = rows.filter(([orderId]) => !before.reservations[orderId]);
  const locked = rows.filter(([orderId]) => before.reservations[orderId]);
  if (made.length > 0) {
    tx.write(
      `with saved as (
         insert into reservations (order_id, status, lines, version, created_at, updated_at)
         select *, $1::timestamptz, $2::timestamptz from unnest($3::uuid[], $4::text[], $5::jsonb[], $6::int[])
         on conflict (order_id) do nothing returning 1)
       select require_all_saved(count(*), $7) from saved`,
      [at, at, ...values(made), made.length],
    );
  }
  if (locked.length > 0) {
    tx.write(
      `update reservations
          set status = changed.status, lines = changed.lines, version = changed.version, updated_at = $1::timestamptz
         from unnest($2::uuid[], $3::text[], $4::jsonb[], $5::int[]) as changed(order_id, status, lines, version)
        where reservations.order_id = changed.order_id`,
      [at, ...values(locked)],
    );
  }
};

const saveLevels = (tx: Transaction, before: Stock, after: Stock): void => {
  const rows = changed(before.levels, after.levels);
  if (rows.length === 0) return;
  tx.write(
    `update stock set quantity = changed.quantity, reserved = changed.reserved, version = changed.version
     from unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) as changed (product_id, quantity, reserved, version)
     where stock.product_id = changed.product_id`,
    [
      rows.map(([productId]) => productId),
      rows.map(([, { quantity }]) => quantity),
      rows.map(([, { reserved }]) => reserved),
      rows.map(([, { version }]) => version),
    ],
  );
};

/** The difference between the quantity that an admin set and the stored one. */
export type Adjustment = { productId: string; change: number; at: Date };

const saveAdjustments = (tx: Transaction, adjustments: readonly Adjustment[]): void => {
  if (adjustments.length === 0) return;
  tx.write('insert into stock_adjustments (product_id, change, at) select * from unnest($1::uuid[], $2::int[], $3::timestamptz[])', [
    adjustments.map(({ productId }) => productId),
    adjustments.map(({ change }) => change),
    adjustments.map(({ at }) => at),
  ]);
};

/** Saves the changes of a batch, with one statement for each table. */
export const saveStock = (tx: Transaction, before: Stock, after: Stock, adjustments: readonly Adjustment[], at: Date): void => {
  saveReservations(tx, before, after, at);
  saveLevels(tx, before, after);
  saveAdjustments(tx, adjustments);
};
