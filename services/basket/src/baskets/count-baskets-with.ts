import type { Database } from '@orderstream/persistence';

export const countBasketsWith = async (db: Database, productId: string): Promise<number> => {
  const { rows } = await db.query<{ count: number }>('select count(*)::int as count from baskets where product_ids @> array[$1::uuid]', [
    productId,
  ]);
  return rows[0]!.count;
};
