import { lockNames, type Transaction } from '@orderstream/persistence';

/**
 * The last order of each customer's basket. No other transaction orders these baskets until this one ends. Both queries
 * go out in one packet; the second one sees what was committed while the first one waited.
 */
export const lockBaskets = async (tx: Transaction, customerIds: readonly string[]): Promise<Map<string, string>> => {
  if (customerIds.length === 0) return new Map();
  const locking = lockNames(
    tx,
    customerIds.map((id) => `basket\n${id}`),
  );
  const finding = tx.query<{ customer_id: string; order_id: string }>(
    'select customer_id, order_id from basket_orders where customer_id = any($1::uuid[])',
    [customerIds],
  );
  const [, { rows }] = await Promise.all([locking, finding]);
  return new Map(rows.map(({ customer_id, order_id }) => [customer_id, order_id]));
};

export const noteBasketOrders = (tx: Transaction, orders: readonly { customerId: string; orderId: string }[]): void => {
  if (orders.length === 0) return;
  tx.write(
    `insert into basket_orders (customer_id, order_id) select * from unnest($1::uuid[], $2::uuid[])
     on conflict (customer_id) do update set order_id = excluded.order_id`,
    [orders.map(({ customerId }) => customerId), orders.map(({ orderId }) => orderId)],
  );
};
