/**
 * One topic per aggregate type, keyed by aggregate id. The number of partitions never changes, because it decides the
 * partition of a key.
 */
export const topics = [
  'identity.users',
  'products.products',
  'products.stock',
  'basket.baskets',
  'ordering.orders',
  'payment.payments',
] as const;

export type Topic = (typeof topics)[number];

export const partitionsPerTopic = 6;
