import { z } from 'zod';
import { defineEvent, type EventOf } from './event.js';
import { Money, Price } from './money.js';
import { PageQuery } from './paging.js';
import { QueryFlag, QueryNumber } from './query.js';
import { LongText, Text, Timestamp } from './text.js';

export const CategoryView = z.object({ id: z.uuid(), name: z.string() }).meta({ id: 'Category' });
export type CategoryView = z.infer<typeof CategoryView>;

export const ProductView = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    price: Money,
    categories: z.array(CategoryView),
    imageUrl: z.string().nullable(),
    available: z.int(),
    version: z.int(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Product' });
export type ProductView = z.infer<typeof ProductView>;

export const StockView = z.object({ productId: z.uuid(), quantity: z.int(), reserved: z.int(), available: z.int() }).meta({ id: 'Stock' });
export type StockView = z.infer<typeof StockView>;

export const ProductQuery = PageQuery.extend({
  search: Text().optional().describe('anywhere in the name, in any case, with or without accents'),
  category: z.uuid().optional().describe('a category id'),
  minPrice: QueryNumber({ min: 0 }).optional().describe('in minor units'),
  maxPrice: QueryNumber({ min: 0 }).optional().describe('in minor units'),
  inStock: QueryFlag.optional(),
  sort: z.enum(['name', '-name', 'price', '-price', 'createdAt', '-createdAt']).default('name'),
}).refine(({ minPrice, maxPrice }) => minPrice === undefined || maxPrice === undefined || minPrice <= maxPrice, {
  path: ['maxPrice'],
  message: 'must not be less than minPrice',
});
export type ProductQuery = z.infer<typeof ProductQuery>;

export const AddProductRequest = z
  .strictObject({
    name: Text(),
    description: LongText().default(''),
    price: Price,
    categoryIds: z.array(z.uuid().toLowerCase()).max(20).default([]),
    quantity: z.int().min(0).max(1_000_000_000).default(0).describe('the stock to begin with'),
  })
  .meta({ id: 'AddProductRequest' });
export type AddProductRequest = z.infer<typeof AddProductRequest>;

export const SetStockRequest = z.strictObject({ quantity: z.int().min(0).max(1_000_000_000) }).meta({ id: 'SetStockRequest' });
export type SetStockRequest = z.infer<typeof SetStockRequest>;

/** A product is for sale. */
export const ProductAdded = defineEvent({ type: 'ProductAdded', version: 1, topic: 'products.products', data: ProductView });
export type ProductAdded = EventOf<typeof ProductAdded>;

export const ReservedLine = z.object({ productId: z.uuid(), quantity: z.int().positive() });
export type ReservedLine = z.infer<typeof ReservedLine>;

const Reservation = z.object({ orderId: z.uuid(), lines: z.array(ReservedLine) });

export const ShortLine = ReservedLine.extend({ available: z.int() });
export type ShortLine = z.infer<typeof ShortLine>;

/** All lines of an order are reserved. Keyed by the order's id, as the next three events. */
export const StockReserved = defineEvent({ type: 'StockReserved', version: 1, topic: 'products.stock', data: Reservation });
export type StockReserved = EventOf<typeof StockReserved>;

/** Nothing of an order is reserved, because some of its lines are out of stock. */
export const StockReservationFailed = defineEvent({
  type: 'StockReservationFailed',
  version: 1,
  topic: 'products.stock',
  data: z.object({ orderId: z.uuid(), short: z.array(ShortLine).min(1) }),
});
export type StockReservationFailed = EventOf<typeof StockReservationFailed>;

/** The reserved stock of an order is available again. */
export const StockReleased = defineEvent({ type: 'StockReleased', version: 1, topic: 'products.stock', data: Reservation });
export type StockReleased = EventOf<typeof StockReleased>;

/** The reserved stock of an order has left the warehouse. */
export const StockCommitted = defineEvent({ type: 'StockCommitted', version: 1, topic: 'products.stock', data: Reservation });
export type StockCommitted = EventOf<typeof StockCommitted>;

/** The stock of a product changed: its levels after the change. Keyed by the product's id, as the next event. */
export const StockLevelChanged = defineEvent({ type: 'StockLevelChanged', version: 1, topic: 'products.stock', data: StockView });
export type StockLevelChanged = EventOf<typeof StockLevelChanged>;

/** A product has no available stock any more. */
export const ProductSoldOut = defineEvent({ type: 'ProductSoldOut', version: 1, topic: 'products.stock', data: StockView });
export type ProductSoldOut = EventOf<typeof ProductSoldOut>;
