import { type Change, type NewCommand, stateStored } from '@orderstream/aggregates';
import type { ReservedLine } from '@orderstream/contracts';
import { type Transaction, VersionConflict } from '@orderstream/persistence';
import type { Level, Reservation, ReservationStatus, Stock, StockCommand, StockEvent } from './stock.js';

type ReservationRow = { order_id: string; status: ReservationStatus; lines: ReservedLine[]; version: number };
type LevelRow = { product_id: string; quantity: number; reserved: number; version: number };

const unique = (ids: string[]): string[] => [...new Set(ids)];

const loadReservations = async (tx: Transaction, orderIds: string[]): Promise<Record<string, Reservation>> => {
  if (orderIds.length === 0) return {};
  const { rows } = await tx.raw<{ rows: ReservationRow[] }>(
    'select order_id, status, lines, version from reservations where order_id = any(?) order by order_id for update',
    [orderIds],
  );
  return Object.fromEntries(rows.map(({ order_id, ...reservation }) => [order_id, reservation]));
};

const loadLevels = async (tx: Transaction, productIds: string[]): Promise<Record<string, Level>> => {
  if (productIds.length === 0) return {};
  const { rows } = await tx.raw<{ rows: LevelRow[] }>(
    'select product_id, quantity, reserved, version from stock where product_id = any(?) order by product_id for update',
    [productIds],
  );
  return Object.fromEntries(rows.map(({ product_id, ...level }) => [product_id, level]));
};

/**
 * Locks what the commands touch, and nothing else: first the reservations, in order-id order, then the levels of all their products, in
 * product-id order. Everybody takes them in this order, so nobody waits in a circle.
 */
const load = async (tx: Transaction, commands: readonly NewCommand<StockCommand>[]): Promise<Stock> => {
  const reservations = await loadReservations(tx, unique(commands.flatMap(({ data }) => ('orderId' in data ? [data.orderId] : []))));
  const levels = await loadLevels(
    tx,
    unique([
      ...Object.values(reservations).flatMap(({ lines }) => lines.map(({ productId }) => productId)),
      ...commands.flatMap(({ data }) => {
        if ('productId' in data) return [data.productId];
        return 'lines' in data ? data.lines.map(({ productId }) => productId) : [];
      }),
    ]),
  );
  return { levels, reservations };
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
 * A reservation that was not there to be locked may have been made in the meantime: then nothing is saved, and all is decided anew. A new
 * one does not wait for whoever has that row locked (`do nothing` locks none), for they may wait for the levels that are locked here.
 */
const saveReservations = async (tx: Transaction, before: Stock, after: Stock, at: Date): Promise<void> => {
  const rows = changed(before.reservations, after.reservations);
  const made = rows.filter(([orderId]) => !before.reservations[orderId]);
  const locked = rows.filter(([orderId]) => before.reservations[orderId]);
  if (made.length > 0) {
    const { rowCount } = await tx.raw<{ rowCount: number }>(
      `insert into reservations (order_id, status, lines, version, created_at, updated_at)
       select *, ?::timestamptz, ?::timestamptz from unnest(?::uuid[], ?::text[], ?::jsonb[], ?::int[])
       on conflict (order_id) do nothing`,
      [at, at, ...values(made)],
    );
    if (rowCount !== made.length) throw new VersionConflict('somebody else made one of these reservations');
  }
  if (locked.length > 0) {
    await tx.raw(
      `update reservations
          set status = changed.status, lines = changed.lines, version = changed.version, updated_at = ?::timestamptz
         from unnest(?::uuid[], ?::text[], ?::jsonb[], ?::int[]) as changed(order_id, status, lines, version)
        where reservations.order_id = changed.order_id`,
      [at, ...values(locked)],
    );
  }
};

const saveLevels = async (tx: Transaction, before: Stock, after: Stock): Promise<void> => {
  const rows = changed(before.levels, after.levels);
  if (rows.length === 0) return;
  await tx.raw(
    `update stock set quantity = changed.quantity, reserved = changed.reserved, version = changed.version
     from unnest(?::uuid[], ?::int[], ?::int[], ?::int[]) as changed (product_id, quantity, reserved, version)
     where stock.product_id = changed.product_id`,
    [
      rows.map(([productId]) => productId),
      rows.map(([, { quantity }]) => quantity),
      rows.map(([, { reserved }]) => reserved),
      rows.map(([, { version }]) => version),
    ],
  );
};

const saveAdjustments = async (tx: Transaction, { recorded }: Change<Stock, StockEvent>): Promise<void> => {
  const adjustments = recorded.flatMap(({ event: { type, data, at }, before }) =>
    type === 'StockAdjusted' ? [{ productId: data.productId, change: data.quantity - before.levels[data.productId]!.quantity, at }] : [],
  );
  if (adjustments.length === 0) return;
  await tx.raw('insert into stock_adjustments (product_id, change, at) select * from unnest(?::uuid[], ?::int[], ?::timestamptz[])', [
    adjustments.map(({ productId }) => productId),
    adjustments.map(({ change }) => change),
    adjustments.map(({ at }) => at),
  ]);
};

/** To the shell the stock is one aggregate, of which a batch loads the rows that it touches. */
export const stockStore = stateStored<Stock, StockCommand, StockEvent>({
  load: async (tx, ids, commands) => {
    const state = await load(tx, commands);
    return new Map(ids.map((id) => [id, { state, version: 0 }]));
  },
  save: async (tx, changes) => {
    for (const change of changes) {
      const [first] = change.recorded;
      if (!first) continue;
      await saveReservations(tx, first.before, change.state, first.event.at);
      await saveLevels(tx, first.before, change.state);
      await saveAdjustments(tx, change);
    }
  },
});
