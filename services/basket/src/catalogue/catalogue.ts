import { type Envelope, ProductAdded, ProductDeleted, ProductSoldOut, ProductUpdated, StockLevelChanged } from '@orderstream/contracts';
import { project } from '@orderstream/event-bridge';
import type { Queryable, Transaction } from '@orderstream/persistence';
import type { Offer } from '../baskets/basket.js';

/** A product in the copy. One that is not for sale any more is shown in baskets until it is taken out of them. */
export type Product = Offer & { imageUrl: string | null; forSale: boolean };

type Row = {
  product_id: string;
  name: string;
  price_amount: number;
  price_currency: string;
  image_url: string | null;
  for_sale: boolean;
  available: number;
};

/** The products with these ids, and those that are in these baskets. */
export const findProducts = async (
  db: Queryable,
  { ids = [], basketIds = [] }: { ids?: readonly string[]; basketIds?: readonly string[] },
): Promise<Product[]> => {
  const { rows } = await db.query<Row>(
    `select product_id, name, price_amount, price_currency, image_url, for_sale, coalesce(available, 0) as available
       from products left join stock_levels using (product_id)
      where product_id = any($1::uuid[] || array(select unnest(product_ids) from baskets where id = any($2::uuid[])))`,
    [ids, basketIds],
  );
  return rows.map((row) => ({
    productId: row.product_id,
    name: row.name,
    price: { amount: row.price_amount, currency: row.price_currency },
    available: row.for_sale ? row.available : 0,
    imageUrl: row.image_url,
    forSale: row.for_sale,
  }));
};

/** A statement may write a row only once: the last event of each key. */
const newest = <Event>(events: readonly Event[], keyOf: (event: Event) => string): Event[] => [
  ...new Map(events.map((event) => [keyOf(event), event])).values(),
];

/** The copy of the catalogue. An older version never overwrites a newer one. */
export const productProjection = project([ProductAdded, ProductUpdated, ProductDeleted], async (tx, events) => {
  const products = newest(events, ({ data }) => data.id);
  tx.write(
    `insert into products (product_id, name, price_amount, price_currency, image_url, for_sale, version)
     select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::boolean[], $7::int[])
     on conflict (product_id) do update
        set name = excluded.name, price_amount = excluded.price_amount, price_currency = excluded.price_currency,
            image_url = excluded.image_url, for_sale = excluded.for_sale, version = excluded.version
      where products.version < excluded.version`,
    [
      products.map(({ data }) => data.id),
      products.map(({ data }) => data.name),
      products.map(({ data }) => data.price.amount),
      products.map(({ data }) => data.price.currency),
      products.map(({ data }) => data.imageUrl),
      products.map(({ type }) => type !== 'ProductDeleted'),
      products.map(({ aggregateVersion }) => aggregateVersion),
    ],
  );
  beginRemovals(
    tx,
    products.filter(({ type }) => type === 'ProductDeleted').map((event) => ({ event, productId: event.data.id })),
  );
});

export const stockProjection = project([StockLevelChanged, ProductSoldOut], async (tx, events) => {
  const levels = newest(events, ({ data }) => data.productId);
  tx.write(
    `insert into stock_levels (product_id, available, version)
     select * from unnest($1::uuid[], $2::int[], $3::int[])
     on conflict (product_id) do update set available = excluded.available, version = excluded.version
      where stock_levels.version < excluded.version`,
    [
      levels.map(({ data }) => data.productId),
      levels.map(({ data }) => data.available),
      levels.map(({ aggregateVersion }) => aggregateVersion),
    ],
  );
  const soldOut = events.filter(({ type }) => type === 'ProductSoldOut');
  beginRemovals(
    tx,
    newest(soldOut, ({ data }) => data.productId).map((event) => ({ event, productId: event.data.productId })),
  );
});

type NewRemoval = { event: Envelope; productId: string };

/** Notes that a product may have to be taken out of all baskets: the remover does it. */
const beginRemovals = (tx: Transaction, removals: readonly NewRemoval[]): void => {
  if (removals.length === 0) return;
  tx.write(
    `insert into removals (product_id, correlation_id, traceparent, event_id)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])
     on conflict (product_id) do update set begun_at = now(), due_at = now()`,
    [
      removals.map(({ productId }) => productId),
      removals.map(({ event }) => event.correlationId),
      removals.map(({ event }) => event.traceparent ?? ''),
      removals.map(({ event }) => event.id),
    ],
  );
};
