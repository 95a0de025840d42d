import type { BasketView } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';
import { findProducts } from '../catalogue/catalogue.js';
import { type Basket, initialState } from './basket.js';
import { basketView } from './basket-view.js';

export const getBasket = async (db: Database, id: string): Promise<BasketView> => {
  const { rows } = await db.query<{ state: Basket; version: number }>('select state, version from baskets where id = $1', [id]);
  const { state, version } = rows[0] ?? { state: initialState, version: 0 };
  return basketView(state, version, await findProducts(db, { ids: state.lines.map(({ productId }) => productId) }));
};
