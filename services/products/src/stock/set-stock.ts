import type { MessageContext, StockView } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { getStock } from './get-stock.js';
import { runStock } from './run-stock.js';

export type SetStock = ReturnType<typeof setStock>;

/** Sets the quantity to a counted one; reserved stock stays reserved. */
export const setStock =
  ({ db }: { db: Database }) =>
  (productId: string, quantity: number, context: MessageContext): Promise<StockView> =>
    inTransaction(db, async (tx) => {
      await getStock(tx, productId); // a deleted product still has stock, for the orders that have it
      const { levels } = await runStock(tx, [{ command: { type: 'SetStock', data: { productId, quantity } }, context }]);
      const { reserved } = levels[productId]!;
      return { productId, quantity, reserved, available: quantity - reserved };
    });
