import { type Command, Conflict, type Event, type Money, maxLineQuantity, maxOrderLines, type RemovedItem } from '@orderstream/contracts';

/** A line as it is stored; name, price and availability come from the catalogue. */
export type Line = { productId: string; quantity: number; addedPrice: Money };

export type Basket = {
  customerId?: string;
  lines: readonly Line[];
  /** what was taken out, until it is acknowledged */
  removed: readonly RemovedItem[];
  /** the order that emptied it last */
  lastOrderId?: string;
};

/** A product as the catalogue has it at the time of a command. */
export type Offer = { productId: string; name: string; price: Money; available: number };
export type Item = { productId: string; quantity: number };

type Of<Data = object> = { basketId: string; customerId?: string } & Data;

export type BasketCommand =
  | Command<'SetItem', Of<{ quantity: number; offer: Offer }>>
  | Command<'TakeOut', Of<{ productId: string }>>
  | Command<'Clear', Of>
  | Command<'Acknowledge', Of<{ offers: readonly Offer[] }>>
  | Command<'MergeItems', Of<{ items: readonly Item[]; offers: readonly Offer[] }>>
  // from events of other services
  | Command<'TakeOrdered', Of<{ orderId: string; items: readonly Item[] }>>
  | Command<'RemoveItem', Of<{ productId: string; name: string; reason: RemovedItem['reason'] }>>;

export type BasketEvent =
  | Event<'BasketChanged', Partial<Basket>>
  | Event<'BasketItemRemoved', { productId: string; name: string; reason: RemovedItem['reason'] }>;

export const initialState: Basket = { lines: [], removed: [] };

const isSame = (one: Money, other: Money): boolean => one.amount === other.amount && one.currency === other.currency;

export const decide = ({ type, data, at }: BasketCommand, basket: Basket): BasketEvent[] => {
  const { customerId } = data;
  const changed = (change: Partial<Basket>): BasketEvent[] => [
    { type: 'BasketChanged', data: { ...(customerId !== undefined && { customerId }), ...change }, at },
  ];
  switch (type) {
    case 'SetItem': {
      const lines = withItem(basket.lines, data.offer, data.quantity);
      return lines === basket.lines ? [] : changed({ lines });
    }
    case 'TakeOut':
      return has(basket, data.productId) ? changed({ lines: without(basket.lines, data.productId) }) : [];

    case 'Clear':
      return basket.lines.length + basket.removed.length > 0 ? changed({ lines: [], removed: [] }) : [];

    case 'Acknowledge': {
      const prices = new Map(data.offers.map(({ productId, price }) => [productId, price]));
      const lines = basket.lines.map((line) => ({ ...line, addedPrice: prices.get(line.productId) ?? line.addedPrice }));
      const isKnown = lines.every(({ addedPrice }, index) => isSame(addedPrice, basket.lines[index]!.addedPrice));
      return isKnown && basket.removed.length === 0 ? [] : changed({ lines, removed: [] });
    }
    case 'MergeItems': {
      const lines = withItems(basket.lines, data.items, data.offers);
      return lines === basket.lines ? [] : changed({ lines });
    }
    case 'TakeOrdered': {
      const { orderId, items } = data;
      if (basket.lastOrderId === orderId) return [];
      // an order of the last ones sells them out, which may be heard first
      const removed = basket.removed.filter(({ productId }) => !items.some((item) => item.productId === productId));
      return changed({ lines: minus(basket.lines, items), removed, lastOrderId: orderId });
    }
    case 'RemoveItem': {
      if (!has(basket, data.productId)) return [];
      const { productId, name, reason } = data;
      return [
        { type: 'BasketItemRemoved', data: { productId, name, reason }, at },
        ...changed({ lines: without(basket.lines, productId) }),
      ];
    }
  }
};

export const evolve = (basket: Basket, { type, data, at }: BasketEvent): Basket =>
  type === 'BasketChanged'
    ? { ...basket, ...data }
    : {
        ...basket,
        lines: without(basket.lines, data.productId),
        removed: [...basket.removed.filter(({ productId }) => productId !== data.productId), { ...data, at: at.toISOString() }],
      };

const has = ({ lines }: Basket, productId: string): boolean => lines.some((line) => line.productId === productId);

const without = (lines: readonly Line[], productId: string): Line[] => lines.filter((line) => line.productId !== productId);

/** @throws Conflict `stock-short`, `basket-full`, `currencies-mixed` */
const withItem = (lines: readonly Line[], { productId, price, available }: Offer, quantity: number): readonly Line[] => {
  const known = lines.find((line) => line.productId === productId);
  if (known?.quantity === quantity && isSame(known.addedPrice, price)) return lines;
  if (quantity > available && quantity > (known?.quantity ?? 0)) throw stockShort(available);
  const line = { productId, quantity, addedPrice: price };
  if (known) return lines.map((one) => (one === known ? line : one));
  if (lines.length >= maxOrderLines) throw basketFull();
  const [first] = lines;
  if (first && first.addedPrice.currency !== price.currency) throw currenciesMixed(first.addedPrice.currency, price.currency);
  return [...lines, line];
};

export const stockShort = (available: number): Conflict => new Conflict('stock-short', `There are ${available} left`, { available });
export const basketFull = (): Conflict => new Conflict('basket-full', `A basket has at most ${maxOrderLines} lines`);
export const currenciesMixed = (one: string, other: string): Conflict =>
  new Conflict('currencies-mixed', `A basket has one currency, not ${one} and ${other}`);

/** Adds quantities, as far as there is stock and room; leaves out what cannot be bought together with the rest. */
const withItems = (lines: readonly Line[], items: readonly Item[], offers: readonly Offer[]): readonly Line[] => {
  const byId = new Map(offers.map((offer) => [offer.productId, offer]));
  return items.reduce((merged, { productId, quantity }) => {
    const offer = byId.get(productId);
    const had = merged.find((line) => line.productId === productId)?.quantity ?? 0;
    const sum = Math.min(had + quantity, offer?.available ?? 0, maxLineQuantity);
    if (!offer || sum <= had) return merged;
    try {
      return withItem(merged, offer, sum);
    } catch (error) {
      if (error instanceof Conflict) return merged;
      throw error;
    }
  }, lines);
};

/** What is left once these items are ordered: what was added since. */
const minus = (lines: readonly Line[], items: readonly Item[]): Line[] => {
  const ordered = new Map(items.map(({ productId, quantity }) => [productId, quantity]));
  return lines
    .map((line) => ({ ...line, quantity: line.quantity - (ordered.get(line.productId) ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
};
