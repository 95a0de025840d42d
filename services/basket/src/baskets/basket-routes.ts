import { BasketView, Invalid, NotFound, PreconditionFailed, SetItemRequest } from '@orderstream/contracts';
import { type Api, api, etagOf, Reply, type User } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import type { Request } from 'express';
import { z } from 'zod';
import { basketFull, currenciesMixed, stockShort } from './basket.js';
import { changeBasket, readBasket } from './change-basket.js';
import { countBasketsWith } from './count-baskets-with.js';
import { ownerOf, sessionOf } from './owner.js';

const withEtag = (basket: BasketView): Reply<BasketView> => new Reply(200, basket, { etag: etagOf(basket.version) });

const productMissing = (id: string): NotFound => new NotFound('product-not-found', `There is no product ${id}`);
const exampleId = '0199a0f0-0000-7000-8000-000000000002';
const exampleBasket = { lines: [], removed: [], total: null, version: 3 };
const changed = new PreconditionFailed('basket-changed', 'It has changed since', { current: exampleBasket });

const BasketCount = z.object({ productId: z.uuid(), baskets: z.int() }).meta({ id: 'BasketCount' });

type Asked = { user: User | undefined; req: Request };
const ifMatchOf = ({ req }: Asked): string | undefined => req.headers['if-match'];

const whose =
  'A request without a token names the visitor’s session in `x-session-id`: 22 to 64 letters, digits, `-` and `_`, unguessable.';
const ifMatchHint = '`If-Match` refuses the change when the basket has another version.';

export const basketRoutes = ({ db }: { db: Database }): Api =>
  api('Basket', '/basket')
    .get(
      '/basket',
      { summary: 'Get the own basket', description: whose, who: 'visitor', scope: 'orders:read', answers: { 200: BasketView } },
      async (asked) => withEtag(await readBasket(db, ownerOf(asked))),
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
        const change = { owner, ifMatch: ifMatchOf(asked), productIds: [productId], context: asked.context };
        return withEtag(
          await changeBasket(db, change, ({ products }) => {
            const offer = products.find((product) => product.productId === productId && product.forSale);
            if (!offer) throw productMissing(productId);
            return [{ type: 'SetItem', data: { ...owner, offer, quantity: asked.body.quantity } }];
          }),
        );
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
        const change = { owner, ifMatch: ifMatchOf(asked), context: asked.context };
        return withEtag(await changeBasket(db, change, () => [{ type: 'TakeOut', data: { ...owner, productId } }]));
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
        const change = { owner, ifMatch: ifMatchOf(asked), context: asked.context };
        return withEtag(await changeBasket(db, change, () => [{ type: 'Clear', data: owner }]));
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
        const change = { owner, ifMatch: ifMatchOf(asked), context: asked.context };
        return withEtag(await changeBasket(db, change, ({ products }) => [{ type: 'Acknowledge', data: { ...owner, offers: products } }]));
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
        return withEtag(
          await changeBasket(db, { owner, other, context: asked.context }, ({ other: { lines }, products }) => [
            { type: 'MergeItems', data: { ...owner, items: lines, offers: products.filter(({ forSale }) => forSale) } },
            { type: 'Clear', data: other },
          ]),
        );
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

function sessionMissing(): Invalid {
  const errors = [{ path: 'x-session-id', message: 'is missing' }];
  return new Invalid('invalid-request', 'The header x-session-id is invalid', { in: 'header', errors });
}
