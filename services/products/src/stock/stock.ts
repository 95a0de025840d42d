import { type Command, Conflict, type Event, NotFound, type ReservedLine, type ShortLine, type StockView } from '@orderstream/contracts';

/** Of one product. `available = quantity − reserved`; `version` counts the events that are keyed by the product. */
export type Level = { quantity: number; reserved: number; version: number };

export type ReservationStatus = 'Reserved' | 'Failed' | 'Released' | 'Committed';

/** Of one order. `version` counts the events that are keyed by the order. */
export type Reservation = { status: ReservationStatus; lines: readonly ReservedLine[]; version: number };

/** The part of the stock that a batch of commands touches: a product that is not in it does not exist. */
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
  /** somebody counted: kept in the books, announced by the StockLevelChanged that follows */
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
      if (stock.reservations[orderId]) return []; // said twice, or released before it was said
      const lines = merge(data.lines);
      const short = shortLines(stock, lines);
      return short.length === 0
        ? [{ type: 'StockReserved', data: { orderId, lines }, at }]
        : [{ type: 'StockReservationFailed', data: { orderId, short }, at }];
    }
    case 'ReleaseStock': {
      const { orderId } = data;
      const reservation = stock.reservations[orderId];
      // Remembered, so that an OrderPlaced that comes after the order's end (from the dead letters, say) reserves nothing.
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
 * Changes the stock of a batch to what it is after an event. In place: a copy for each event would make the cost of a batch grow with its square.
 */
export const apply = ({ levels, reservations }: Stock, { type, data }: StockEvent): void => {
  const change = (productId: string, to: (level: Level) => Partial<Level>): void => {
    const level = levels[productId];
    if (level) levels[productId] = { ...level, ...to(level) };
  };
  const note = (status: ReservationStatus, orderId: string, lines: readonly ReservedLine[]): void => {
    reservations[orderId] = { status, lines, version: (reservations[orderId]?.version ?? 0) + 1 };
  };
  switch (type) {
    case 'StockReserved':
      for (const { productId, quantity } of data.lines) change(productId, ({ reserved }) => ({ reserved: reserved + quantity }));
      note('Reserved', data.orderId, data.lines);
      break;
    case 'StockReservationFailed':
      note('Failed', data.orderId, []);
      break;
    case 'StockReleased':
      for (const { productId, quantity } of data.lines) change(productId, ({ reserved }) => ({ reserved: reserved - quantity }));
      note('Released', data.orderId, data.lines);
      break;
    case 'StockCommitted':
      for (const line of data.lines)
        change(line.productId, ({ quantity, reserved }) => ({ quantity: quantity - line.quantity, reserved: reserved - line.quantity }));
      note('Committed', data.orderId, data.lines);
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
 * What a batch did to the levels, once for each product: a product that hundreds of orders share is announced once.
 * In product-id order, and sold out only where something was available before the batch.
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
