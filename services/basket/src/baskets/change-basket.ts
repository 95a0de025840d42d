import type { NewCommand } from '@orderstream/aggregates';
import type { BasketView, MessageContext } from '@orderstream/contracts';
import { requireVersion } from '@orderstream/http';
import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { findProducts, type Product } from '../catalogue/catalogue.js';
import { type Basket, type BasketCommand, initialState } from './basket.js';
import { basketView } from './basket-view.js';
import { baskets } from './baskets.js';
import type { Owner } from './owner.js';

type Change = {
  owner: Owner;
  /** a version that the basket has to have */
  ifMatch?: string | undefined;
  /** products that the commands are about, beside those in the basket */
  productIds?: readonly string[];
  /** another basket that the commands change, too */
  other?: Owner | undefined;
  context: MessageContext;
};

type Known = { basket: Basket; other: Basket; products: Product[] };

/** The products of some baskets, and others. */
const productsOf = async (tx: Transaction, basketIds: readonly string[], more: readonly string[]): Promise<Product[]> => {
  const { rows } = await tx.query<{ id: string }>(
    'select distinct unnest(product_ids || $2::uuid[]) as id from baskets where id = any($1::uuid[]) union select unnest($2::uuid[])',
    [basketIds, more],
  );
  return findProducts(
    tx,
    rows.map(({ id }) => id),
  );
};

/**
 * Changes a basket by the commands that `commandsOf` makes of what is known under its lock.
 *
 * @throws PreconditionFailed `basket-changed`, and what the commands refuse
 */
export const changeBasket = (
  db: Database,
  { owner, ifMatch, productIds = [], other, context }: Change,
  commandsOf: (known: Known) => NewCommand<BasketCommand>[],
): Promise<BasketView> =>
  inTransaction(db, async (tx) => {
    const owners = other ? [owner, other] : [owner];
    const touched = owners.map((data) => ({ type: 'Clear' as const, data }));
    const prepared = baskets.prepare(tx, touched);
    const basketIds = owners.map(({ basketId }) => basketId);
    const [products, { loaded }] = await Promise.all([productsOf(tx, basketIds, productIds), prepared]);
    const stateOf = (id: string | undefined) => (id === undefined ? undefined : loaded.get(id)) ?? { state: initialState, version: 0 };
    const { state, version } = stateOf(owner.basketId);
    requireVersion(ifMatch, version, 'basket-changed', basketView(state, version, products));
    const commands = commandsOf({ basket: state, other: stateOf(other?.basketId).state, products });
    const after = await baskets.handle(tx, commands, context, prepared);
    const changed = commands.length > 0 ? after.stateOf(owner.basketId) : { state, version };
    return basketView(changed.state, changed.version, products);
  });

export const readBasket = async (db: Database, { basketId }: Owner): Promise<BasketView> => {
  const { rows } = await db.query<{ state: Basket; version: number }>('select state, version from baskets where id = $1', [basketId]);
  const { state, version } = rows[0] ?? { state: initialState, version: 0 };
  return basketView(
    state,
    version,
    await findProducts(
      db,
      state.lines.map(({ productId }) => productId),
    ),
  );
};
