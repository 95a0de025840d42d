import type { NewCommand } from '@orderstream/aggregates';
import type { BasketView, MessageContext } from '@orderstream/contracts';
import { requireVersion } from '@orderstream/http';
import { type Database, groupCommit } from '@orderstream/persistence';
import { findProducts, type Product } from '../catalogue/catalogue.js';
import type { Basket, BasketCommand } from './basket.js';
import { basketView } from './basket-view.js';
import { baskets } from './baskets.js';
import type { Owner } from './owner.js';

export type Known = {
  basket: Basket;
  /** of the other owner */
  other: Basket;
  /** those of the two baskets and those that were asked for, among others */
  products: readonly Product[];
};

type Change = {
  owner: Owner;
  /** a version that the basket has to have */
  ifMatch?: string | undefined;
  /** products that the commands are about, besides those in the basket */
  productIds?: readonly string[];
  /** another basket that the commands change, too */
  other?: Owner;
  context: MessageContext;
  /** the commands, of what is known under the locks */
  commandsOf: (known: Known) => NewCommand<BasketCommand>[];
};

const ownersOf = ({ owner, other }: Change): Owner[] => (other ? [owner, other] : [owner]);

/**
 * Changes a basket. Changes that come at once commit at once, each whole or refused.
 *
 * @throws PreconditionFailed `basket-changed`, and what the commands refuse
 */
export const changeBasket = (db: Database) =>
  groupCommit<Change, BasketView>(db, async (tx, changes) => {
    const owners = changes.flatMap(ownersOf);
    const prepared = baskets.prepare(
      tx,
      owners.map((data) => ({ type: 'Clear', data })),
    );
    const ids = changes.flatMap(({ productIds = [] }) => productIds);
    const [products] = await Promise.all([findProducts(tx, { ids, basketIds: owners.map(({ basketId }) => basketId) }), prepared]);
    return baskets.handleEach(
      tx,
      changes.map(({ owner: { basketId }, other = { basketId }, ifMatch, commandsOf, context }) => ({
        context,
        commandsOf: (stateOf) => {
          const { state: basket, version } = stateOf(basketId);
          requireVersion(ifMatch, version, 'basket-changed', basketView(basket, version, products));
          return commandsOf({ basket, other: stateOf(other.basketId).state, products });
        },
        resultOf: (stateOf) => {
          const { state, version } = stateOf(basketId);
          return basketView(state, version, products);
        },
      })),
      prepared,
    );
  });
