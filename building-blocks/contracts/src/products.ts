import { z } from 'zod';
import { defineEvent, type EventOf } from './event.js';
import { Money, Price } from './money.js';
import { Page, PageQuery } from './paging.js';
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
    imageUrl: z.string().nullable().describe('changes with the picture; takes `w=320` and `w=640` for smaller ones'),
    imageWidth: z.int().nullable().default(null),
    imageHeight: z.int().nullable().default(null),
    available: z.int(),
    version: z.int(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Product' });
export type ProductView = z.infer<typeof ProductView>;

export const StockView = z.object({ productId: z.uuid(), quantity: z.int(), reserved: z.int(), available: z.int() }).meta({ id: 'Stock' });
export type StockView = z.infer<typeof StockView>;

/** Facets of a search, each counted as if its own filter were not set. */
export const ProductFacets = z.object({
  categories: z.array(CategoryView.extend({ count: z.int() })),
  price: z.object({ min: z.int(), max: z.int() }).nullable().describe('in minor units; null when nothing is found'),
  inStock: z.int(),
});
export type ProductFacets = z.infer<typeof ProductFacets>;

const repeatable = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(item).min(1).max(100).optional());

export const ProductQuery = PageQuery.extend({
  search: Text().optional().describe('words of the name, in any order, case and accents; a typo is forgiven'),
  ids: repeatable(z.uuid()).describe('these products only'),
  category: repeatable(z.uuid()).describe('category ids: products of any of them'),
  minPrice: QueryNumber({ min: 0 }).optional().describe('in minor units'),
  maxPrice: QueryNumber({ min: 0 }).optional().describe('in minor units'),
  inStock: QueryFlag.optional(),
  stock: z.enum(['low', 'out']).optional().describe('low: from 1 to 5 available; out: none'),
  sort: z.enum(['relevance', 'name', '-name', 'price', '-price', 'createdAt', '-createdAt']).default('name'),
  cursor: z.string().min(1).max(500).optional().describe('the `nextCursor` of the page before, instead of `page`'),
}).refine(({ minPrice, maxPrice }) => minPrice === undefined || maxPrice === undefined || minPrice <= maxPrice, {
  path: ['maxPrice'],
  message: 'must not be less than minPrice',
});
export type ProductQuery = z.infer<typeof ProductQuery>;

/** A page of products with the facets of the search. */
export const ProductPage = Page(ProductView).extend({
  facets: ProductFacets,
  didYouMean: z.string().optional().describe('another search that finds something, where this one finds nothing'),
  nextCursor: z.string().optional().describe('absent on the last page'),
});
export type ProductPage = z.infer<typeof ProductPage>;

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

/** The whole product, but for its stock and picture, which have requests of their own. */
export const UpdateProductRequest = AddProductRequest.omit({ quantity: true }).meta({ id: 'UpdateProductRequest' });
export type UpdateProductRequest = z.infer<typeof UpdateProductRequest>;

export const CategoryRequest = z.strictObject({ name: Text() }).meta({ id: 'CategoryRequest' });
export type CategoryRequest = z.infer<typeof CategoryRequest>;

export const SetStockRequest = z.strictObject({ quantity: z.int().min(0).max(1_000_000_000) }).meta({ id: 'SetStockRequest' });
export type SetStockRequest = z.infer<typeof SetStockRequest>;

/** A product is for sale. */
export const ProductAdded = defineEvent({ type: 'ProductAdded', version: 1, topic: 'products.products', data: ProductView });
export type ProductAdded = EventOf<typeof ProductAdded>;
/** Its name, description, price, categories or picture changed. */
export const ProductUpdated = defineEvent({ type: 'ProductUpdated', version: 1, topic: 'products.products', data: ProductView });
export type ProductUpdated = EventOf<typeof ProductUpdated>;
/** No longer for sale: the product as it was. Orders keep it. The last event of a product. */
export const ProductDeleted = defineEvent({ type: 'ProductDeleted', version: 1, topic: 'products.products', data: ProductView });
export type ProductDeleted = EventOf<typeof ProductDeleted>;

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
