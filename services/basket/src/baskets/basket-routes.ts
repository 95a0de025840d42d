import type { NewCommand } from '@orderstream/aggregates';
import { BasketView, Invalid, type MessageContext, NotFound, PreconditionFailed, SetItemRequest } from '@orderstream/contracts';
import { type Api, api, type Reply, type User, withEtag } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import type { Request } from 'express';
import { z } from 'zod';
import { type BasketCommand, basketFull, currenciesMixed, stockShort } from './basket.js';
import { changeBasket, type Known } from './change-basket.js';
import { countBasketsWith } from './count-baskets-with.js';
import { getBasket } from './get-basket.js';
import { type Owner, ownerOf, sessionOf } from './owner.js';

const productMissing = (id: string): NotFound => new NotFound('product-not-found', `There is no product ${id}`);
const exampleId = '0199a0f0-0000-7000-8000-000000000002';
const exampleBasket = { lines: [], removed: [], total: null, version: 3 };
const changed = new PreconditionFailed('basket-changed', 'It has changed since', { current: exampleBasket });

const BasketCount = z.object({ productId: z.uuid(), baskets: z.int() }).meta({ id: 'BasketCount' });

const whose =
  'A request without a token names the visitor’s session in `x-session-id`: 22 to 64 letters, digits, `-` and `_`, unguessable.';
/** What the changes of the own basket have in common. */
const ofOwnBasket = {
  description: `${whose} \`If-Match\` refuses the change when the basket has another version.`,
  who: 'visitor',
  scope: 'orders:write',
  answers: { 200: BasketView },
} as const;

type Asked = { user: User | undefined; req: Request; context: MessageContext };

export const basketRoutes = ({ db }: { db: Database }): Api => {
  const change = changeBasket(db);

  /** Runs a command, made of what is known under the lock, on the caller's own basket. */
  const changeOwn = async (
    asked: Asked,
    commandOf: (owner: Owner, known: Known) => NewCommand<BasketCommand>,
    productIds: string[] = [],
  ): Promise<Reply<BasketView>> => {
    const owner = ownerOf(asked);
    const { req, context } = asked;
    const commandsOf = (known: Known) => [commandOf(owner, known)];
    return withEtag(await change({ owner, ifMatch: req.headers['if-match'], productIds, context, commandsOf }));
  };

  return api('Basket', '/basket')
    .get(
      '/basket',
      { summary: 'Get the own basket', description: whose, who: 'visitor', scope: 'orders:read', answers: { 200: BasketView } },
      async (asked) => withEtag(await getBasket(db, ownerOf(asked).basketId)),
    )
    .put(
      '/basket/items/:productId',
      {
        ...ofOwnBasket,
        summary: 'Set how many of a product are in the basket, at its present price',
        body: SetItemRequest,
        refusals: [productMissing(exampleId), stockShort(2), basketFull(), currenciesMixed('EUR', 'USD'), changed],
      },
      (asked) => {
        const { productId } = asked.params;
        const commandOf = (owner: Owner, { products }: Known): NewCommand<BasketCommand> => {
          const offer = products.find((product) => product.productId === productId && product.forSale);
          if (!offer) throw productMissing(productId);
          return { type: 'SetItem', data: { ...owner, offer, quantity: asked.body.quantity } };
        };
        return changeOwn(asked, commandOf, [productId]);
      },
    )
    .delete('/basket/items/:productId', { ...ofOwnBasket, summary: 'Take a product out of the basket', refusals: [changed] }, (asked) =>
      changeOwn(asked, (owner) => ({ type: 'TakeOut', data: { ...owner, productId: asked.params.productId } })),
    )
    .delete('/basket', { ...ofOwnBasket, summary: 'Empty the basket', refusals: [changed] }, (asked) =>
      changeOwn(asked, (owner) => ({ type: 'Clear', data: owner })),
    )
    .post(
      '/basket/acknowledge',
      { ...ofOwnBasket, summary: 'Forget the notes of what was taken out, and take the present prices as seen', refusals: [changed] },
      (asked) => changeOwn(asked, (owner, { products }) => ({ type: 'Acknowledge', data: { ...owner, offers: products } })),
    )
    .post(
      '/basket/merge',
      {
        summary: "Put the basket of a visitor's session into the shopper's",
        description: 'Quantities are added, as far as there is stock. A repeat finds the session’s basket empty, and changes nothing.',
        who: 'shopper',
        scope: 'orders:write',
        answers: { 200: BasketView },
        refusals: [sessionMissing()],
      },
      async (asked) => {
        const owner = ownerOf(asked);
        const other = sessionOf(asked.req.headers);
        if (!other) throw sessionMissing();
        const commandsOf = ({ other: { lines }, products }: Known): NewCommand<BasketCommand>[] => [
          { type: 'MergeItems', data: { ...owner, items: lines, offers: products.filter(({ forSale }) => forSale) } },
          { type: 'Clear', data: other },
        ];
        return withEtag(await change({ owner, other, context: asked.context, commandsOf }));
      },
    )
    .get(
      '/basket/products/:productId',
      {
        summary: 'Count the baskets that a product is in',
        who: 'admin',
        scope: 'catalogue:write',
        answers: { 200: BasketCount },
      },
      async ({ params: { productId } }) => ({ productId, baskets: await countBasketsWith(db, productId) }),
    );
};

function sessionMissing(): Invalid {
  const errors = [{ path: 'x-session-id', message: 'is missing' }];
  return new Invalid('invalid-request', 'The header x-session-id is invalid', { in: 'header', errors });
}
