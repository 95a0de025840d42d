import type { MessageContext, StockView } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import type { Knex } from 'knex';
import { stocks } from './stocks.js';

export type SetStock = ReturnType<typeof setStock>;

/** Sets the quantity to what somebody counted; what is reserved stays reserved. */
export const setStock =
  ({ db }: { db: Knex }) =>
  (productId: string, quantity: number, context: MessageContext): Promise<StockView> =>
    inTransaction(db, async (tx) => {
      const { stateOf } = await stocks.handle(tx, [{ type: 'SetStock', data: { productId, quantity } }], context);
      const { reserved } = stateOf('stock').state.levels[productId]!;
      return { productId, quantity, reserved, available: quantity - reserved };
    });
