import { z } from 'zod';
import { defineEvent, type EventOf } from './event.js';
import { Money } from './money.js';
import { Address, AddressRequest, maxLineQuantity } from './ordering.js';
import { Timestamp } from './text.js';

/** What is wrong with a line since it was added. */
export const LineProblem = z.enum(['price-changed', 'fewer-left', 'sold-out', 'gone']);
export type LineProblem = z.infer<typeof LineProblem>;

export const BasketLine = z.object({
  productId: z.uuid(),
  name: z.string(),
  unitPrice: Money,
  addedPrice: Money.describe('the price when it was added, or last seen'),
  quantity: z.int().positive(),
  available: z.int(),
  imageUrl: z.string().nullable(),
  problem: LineProblem.optional(),
});
export type BasketLine = z.infer<typeof BasketLine>;

export const RemovedItem = z.object({
  productId: z.uuid(),
  name: z.string(),
  reason: z.enum(['sold-out', 'deleted']),
  at: Timestamp,
});
export type RemovedItem = z.infer<typeof RemovedItem>;

/** A basket. Its `total` is null while it has no single currency: while it is empty, for example. */
export const BasketView = z
  .object({
    lines: z.array(BasketLine),
    removed: z.array(RemovedItem).describe('items that were taken out, until they are acknowledged'),
    total: Money.nullable(),
    version: z.int(),
    lastOrderId: z.uuid().optional().describe('the order that emptied it last'),
  })
  .meta({ id: 'Basket' });
export type BasketView = z.infer<typeof BasketView>;

export const SetItemRequest = z.strictObject({ quantity: z.int().min(1).max(maxLineQuantity) }).meta({ id: 'SetItemRequest' });
export type SetItemRequest = z.infer<typeof SetItemRequest>;

const BasketEventData = z.object({
  id: z.uuid(),
  customerId: z.uuid().optional().describe('absent for a visitor without an account'),
});

/** The basket after a change. Keyed by the basket's id, as the next event; a shopper's basket has the shopper's id. */
export const BasketChanged = defineEvent({
  type: 'BasketChanged',
  version: 1,
  topic: 'basket.baskets',
  data: BasketEventData.extend({ items: z.array(z.object({ productId: z.uuid(), quantity: z.int().positive() })) }),
});
export type BasketChanged = EventOf<typeof BasketChanged>;

/** An item was taken out of a basket, because its product sold out or was deleted. */
export const BasketItemRemoved = defineEvent({
  type: 'BasketItemRemoved',
  version: 1,
  topic: 'basket.baskets',
  data: BasketEventData.extend(RemovedItem.shape),
});
export type BasketItemRemoved = EventOf<typeof BasketItemRemoved>;

export const basketEvents = [BasketChanged, BasketItemRemoved] as const;

/** An address that a shopper keeps for the next order. The first one is the default. */
export const SavedAddress = z.object({ id: z.uuid(), address: Address, isDefault: z.boolean() }).meta({ id: 'SavedAddress' });
export type SavedAddress = z.infer<typeof SavedAddress>;

export const SaveAddressRequest = z
  .strictObject({ address: AddressRequest, isDefault: z.boolean().optional() })
  .meta({ id: 'SaveAddressRequest' });
export type SaveAddressRequest = z.infer<typeof SaveAddressRequest>;
