import { CheckoutRequest, Conflict, OrderView } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import type { PlaceIdempotently } from '../orders/place-idempotently.js';
import { basketUnavailable, type GetBasket } from './basket-client.js';
import { basketEmpty } from './price-basket.js';

type Deps = { newId: () => string; place: PlaceIdempotently; getBasket: GetBasket };

const id = '0199a0f0-0000-7000-8000-000000000002';
const eur = (amount: number) => ({ amount, currency: 'EUR' });

export const checkoutRoutes = ({ newId, place, getBasket }: Deps): Api =>
  api('Checkout', '/orders').post(
    '/orders/checkout',
    {
      summary: 'Order what is in the basket',
      description:
        'The basket becomes one order, however often and with however many keys this is sent. It is emptied a moment later. ' +
        'Prices are those of the catalogue: when they are not those that the shopper saw, nothing is ordered.',
      who: 'shopper',
      scope: 'orders:write',
      body: CheckoutRequest,
      idempotent: true,
      answers: { 201: OrderView },
      refusals: [
        basketEmpty(),
        new Conflict('basket-ordered', 'What is in the basket is ordered already', { orderId: '0199a0f0-0000-7000-8000-000000000001' }),
        new Conflict('price-changed', 'The total is another one than expected', {
          changes: [{ productId: id, name: 'Lamp', was: eur(1990), is: eur(2490) }],
          total: eur(2490),
        }),
        new Conflict('stock-short', 'There is less left than is in the basket', {
          short: [{ productId: id, name: 'Lamp', quantity: 2, available: 1 }],
        }),
        basketUnavailable(),
      ],
    },
    async (request) => {
      const { user, body, context, req } = request;
      const { address, paymentMethod, expectedTotal } = body;
      const basket = await getBasket(String(req.headers.authorization));
      const lines = basket instanceof Error ? [] : basket.lines;
      return place({
        ...request,
        placement: {
          orderId: newId(),
          customerId: user.id,
          request: { lines, address, paymentMethod },
          checkout: { basket, expectedTotal },
          context,
        },
      });
    },
  );
