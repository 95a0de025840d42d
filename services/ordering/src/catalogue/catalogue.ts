import { ProductAdded, ProductDeleted, ProductUpdated } from '@orderstream/contracts';
import { project } from '@orderstream/event-bridge';
import type { Queryable } from '@orderstream/persistence';
import type { PricedProduct } from '../orders/order-lines.js';

/** Ordering's own copy of the products and their prices. An older version never overwrites a newer one. */
export const catalogueProjection = project([ProductAdded, ProductUpdated, ProductDeleted], async (tx, events) => {
  const newest = new Map(events.map((event) => [event.data.id, event])); // a statement may write a row only once
  const products = [...newest.values()];
  await tx.query(
    `insert into catalogue (product_id, name, price_amount, price_currency, for_sale, version)
     select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::int[])
     on conflict (product_id) do update
        set name = excluded.name, price_amount = excluded.price_amount, price_currency = excluded.price_currency,
            for_sale = excluded.for_sale, version = excluded.version
      where catalogue.version < excluded.version`,
    [
      products.map(({ data }) => data.id),
      products.map(({ data }) => data.name),
      products.map(({ data }) => data.price.amount),
      products.map(({ data }) => data.price.currency),
      products.map(({ type }) => type !== 'ProductDeleted'),
      products.map(({ aggregateVersion }) => aggregateVersion),
    ],
  );
});

type Row = { product_id: string; name: string; price_amount: number; price_currency: string };

/** The products with these ids that are for sale. */
export const findProducts = async (db: Queryable, ids: readonly string[]): Promise<PricedProduct[]> => {
  const { rows } = await db.query<Row>(
    'select product_id, name, price_amount, price_currency from catalogue where product_id = any($1::uuid[]) and for_sale',
    [ids],
  );
  return rows.map((row) => ({ id: row.product_id, name: row.name, price: { amount: row.price_amount, currency: row.price_currency } }));
};
