import type { NewCommand } from '@orderstream/aggregates';
import { BasketView, Invalid, type MessageContext, NotFound, PreconditionFailed, SetItemRequest } from '@orderstream/contracts';
import { type Api, api, etagOf, Reply } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import type { Request } from 'express';
import { z } from 'zod';
import { type BasketCommand, basketFull, currenciesMixed, stockShort } from './basket.js';
import { changeBasket, type Known } from './change-basket.js';
import { countBasketsWith } from './count-baskets-with.js';
import { getBasket } from './get-basket.js';
import { ownerOf, sessionOf } from './owner.js';

const withEtag = (basket: BasketView): Reply<BasketView> => new Reply(200, basket, { etag: etagOf(basket.version) });

const productMissing = (id: string): NotFound => new NotFound('product-not-found', `There is no product ${id}`);
const exampleId = '0199a0f0-0000-7000-8000-000000000002';
const exampleBasket = { lines: [], removed: [], total: null, version: 3 };
const changed = new PreconditionFailed('basket-changed', 'It has changed since', { current: exampleBasket });

const BasketCount = z.object({ productId: z.uuid(), baskets: z.int() }).meta({ id: 'BasketCount' });

const askedOf = ({ req, context }: { req: Request; context: MessageContext }) => ({ ifMatch: req.headers['if-match'], context });

const whose =
  'A request without a token names the visitor’s session in `x-session-id`: 22 to 64 letters, digits, `-` and `_`, unguessable.';
const ifMatchHint = '`If-Match` refuses the change when the basket has another version.';

export const basketRoutes = ({ db }: { db: Database }): Api => {
  const change = changeBasket(db);
  return api('Basket', '/basket')
    .get(
      '/basket',
      { summary: 'Get the own basket', description: whose, who: 'visitor', scope: 'orders:read', answers: { 200: BasketView } },
      async (asked) => withEtag(await getBasket(db, ownerOf(asked).basketId)),
    )
    .put(
      '/basket/items/:productId',
      {
        summary: 'Set how many of a product are in the basket, at its present price',
        description: `${whose} ${ifMatchHint}`,
        who: 'visitor',
        scope: 'orders:write',
        body: SetItemRequest,
        answers: { 200: BasketView },
        refusals: [productMissing(exampleId), stockShort(2), basketFull(), currenciesMixed('EUR', 'USD'), changed],
      },
      async (asked) => {
        const { productId } = asked.params;
        const owner = ownerOf(asked);
        const commandsOf = ({ products }: Known): NewCommand<BasketCommand>[] => {
          const offer = products.find((product) => product.productId === productId && product.forSale);
          if (!offer) throw productMissing(productId);
          return [{ type: 'SetItem', data: { ...owner, offer, quantity: asked.body.quantity } }];
        };
        return withEtag(await change({ owner, ...askedOf(asked), productIds: [productId], commandsOf }));
      },
    )
    .delete(
      '/basket/items/:productId',
      {
        summary: 'Take a product out of the basket',
        description: `${whose} ${ifMatchHint}`,
        who: 'visitor',
        scope: 'orders:write',
        answers: { 200: BasketView },
        refusals: [changed],
      },
      async (asked) => {
        const owner = ownerOf(asked);
        const { productId } = asked.params;
        return withEtag(await change({ owner, ...askedOf(asked), commandsOf: () => [{ type: 'TakeOut', data: { ...owner, productId } }] }));
      },
    )
    .delete(
      '/basket',
      {
        summary: 'Empty the basket',
        description: `${whose} ${ifMatchHint}`,
        who: 'visitor',
        scope: 'orders:write',
        answers: { 200: BasketView },
        refusals: [changed],
      },
      async (asked) => {
        const owner = ownerOf(asked);
        return withEtag(await change({ owner, ...askedOf(asked), commandsOf: () => [{ type: 'Clear', data: owner }] }));
      },
    )
    .post(
      '/basket/acknowledge',
      {
        summary: 'Forget the notes of what was taken out, and take the present prices as seen',
        description: `${whose} ${ifMatchHint}`,
        who: 'visitor',
        scope: 'orders:write',
        answers: { 200: BasketView },
        refusals: [changed],
      },
      async (asked) => {
        const owner = ownerOf(asked);
        const commandsOf = ({ products }: Known): NewCommand<BasketCommand>[] => [
          { type: 'Acknowledge', data: { ...owner, offers: products } },
        ];
        return withEtag(await change({ owner, ...askedOf(asked), commandsOf }));
      },
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
