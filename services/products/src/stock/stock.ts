import { type Command, Conflict, type Event, NotFound, type ReservedLine, type ShortLine, type StockView } from '@orderstream/contracts';

/**
 * The stock level of a product. `available = quantity − reserved`; `version` counts the events keyed by the product.
 */
export type Level = { quantity: number; reserved: number; version: number };

export type ReservationStatus = 'Reserved' | 'Failed' | 'Released' | 'Committed';

/** The reservation of an order. `version` counts the events keyed by the order. */
export type Reservation = { status: ReservationStatus; lines: readonly ReservedLine[]; version: number };

/** The part of the stock that a batch of commands touches. A product without an entry does not exist. */
export type Stock = { levels: Record<string, Level>; reservations: Record<string, Reservation> };

export type StockCommand =
  | Command<'ReserveStock', { orderId: string; lines: readonly ReservedLine[] }>
  | Command<'ReleaseStock', { orderId: string }>
  | Command<'CommitStock', { orderId: string }>
  | Command<'SetStock', { productId: string; quantity: number }>;

type Reserved = { orderId: string; lines: ReservedLine[] };

export type StockEvent =
  | Event<'StockReserved', Reserved>
  | Event<'StockReservationFailed', { orderId: string; short: ShortLine[] }>
  | Event<'StockReleased', Reserved>
  | Event<'StockCommitted', Reserved>
  /** an admin set the quantity: stored as an adjustment, announced by the StockLevelChanged that follows */
  | Event<'StockAdjusted', { productId: string; quantity: number }>
  | Event<'StockLevelChanged', StockView>
  | Event<'ProductSoldOut', StockView>;

const available = (level: Level | undefined): number => (level ? level.quantity - level.reserved : 0);

/** One line for each product, so that two lines of one product cannot both have the last unit. */
const merge = (lines: readonly ReservedLine[]): ReservedLine[] => {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
};

const shortLines = ({ levels }: Stock, lines: readonly ReservedLine[]): ShortLine[] =>
  lines.map((line) => ({ ...line, available: available(levels[line.productId]) })).filter((line) => line.quantity > line.available);

export const decide = ({ type, data, at }: StockCommand, stock: Stock): StockEvent[] => {
  switch (type) {
    case 'ReserveStock': {
      const { orderId } = data;
      if (stock.reservations[orderId]) return []; // the event came twice, or after the release
      const lines = merge(data.lines);
      const short = shortLines(stock, lines);
      return short.length === 0
        ? [{ type: 'StockReserved', data: { orderId, lines }, at }]
        : [{ type: 'StockReservationFailed', data: { orderId, short }, at }];
    }
    case 'ReleaseStock': {
      const { orderId } = data;
      const reservation = stock.reservations[orderId];
      // Stored, so that an OrderPlaced that arrives after the order's end (replayed, for example) reserves nothing.
      if (!reservation) return [{ type: 'StockReleased', data: { orderId, lines: [] }, at }];
      return reservation.status === 'Reserved' ? [{ type: 'StockReleased', data: { orderId, lines: [...reservation.lines] }, at }] : [];
    }
    case 'CommitStock': {
      const { orderId } = data;
      const reservation = stock.reservations[orderId];
      return reservation?.status === 'Reserved' ? [{ type: 'StockCommitted', data: { orderId, lines: [...reservation.lines] }, at }] : [];
    }
    case 'SetStock': {
      const { productId, quantity } = data;
      const level = stock.levels[productId];
      if (!level) throw new NotFound('product-not-found', `There is no product ${productId}`);
      if (quantity < level.reserved) {
        throw new Conflict('stock-below-reserved', `${level.reserved} of product ${productId} are reserved`, { reserved: level.reserved });
      }
      return quantity === level.quantity ? [] : [{ type: 'StockAdjusted', data: { productId, quantity }, at }];
    }
  }
};

/**
 * Applies an event to the stock of a batch. It mutates the stock, because a copy for each event would make the cost of
 * a batch quadratic.
 */
export const apply = ({ levels, reservations }: Stock, { type, data }: StockEvent): void => {
  const change = (productId: string, to: (level: Level) => Partial<Level>): void => {
    const level = levels[productId];
    if (level) levels[productId] = { ...level, ...to(level) };
  };
  const setStatus = (status: ReservationStatus, orderId: string, lines: readonly ReservedLine[]): void => {
    reservations[orderId] = { status, lines, version: (reservations[orderId]?.version ?? 0) + 1 };
  };
  switch (type) {
    case 'StockReserved':
      for (const { productId, quantity } of data.lines) change(productId, ({ reserved }) => ({ reserved: reserved + quantity }));
      setStatus('Reserved', data.orderId, data.lines);
      break;
    case 'StockReservationFailed':
      setStatus('Failed', data.orderId, []);
      break;
    case 'StockReleased':
      for (const { productId, quantity } of data.lines) change(productId, ({ reserved }) => ({ reserved: reserved - quantity }));
      setStatus('Released', data.orderId, data.lines);
      break;
    case 'StockCommitted':
      for (const line of data.lines)
        change(line.productId, ({ quantity, reserved }) => ({ quantity: quantity - line.quantity, reserved: reserved - line.quantity }));
      setStatus('Committed', data.orderId, data.lines);
      break;
    case 'StockAdjusted':
      change(data.productId, () => ({ quantity: data.quantity }));
      break;
    case 'StockLevelChanged':
    case 'ProductSoldOut':
      change(data.productId, ({ version }) => ({ version: version + 1 }));
      break;
  }
};

/**
 * Events derived once for each product and batch, in product-id order, so that a product that hundreds of orders share
 * is announced once. A product is sold out only if some of it was available before the batch.
 */
export const levelEvents = (before: Stock['levels'], after: Stock['levels'], at: Date): StockEvent[] =>
  Object.keys(after)
    .sort()
    .flatMap((productId): StockEvent[] => {
      const [was, is] = [before[productId], after[productId]];
      if (!is || (was?.quantity === is.quantity && was.reserved === is.reserved)) return [];
      const data = { productId, quantity: is.quantity, reserved: is.reserved, available: available(is) };
      const changed: StockEvent = { type: 'StockLevelChanged', data, at };
      return available(was) > 0 && data.available === 0 ? [changed, { type: 'ProductSoldOut', data, at }] : [changed];
    });
