import { OrderPlaced } from '@orderstream/contracts';
import { on } from '@orderstream/event-bridge';
import { baskets } from './baskets.js';

/** What was ordered leaves the basket; what was added since the checkout stays. */
export const basketConsumers = baskets.consumers(
  on(OrderPlaced, ({ data: { id: orderId, customerId, lines, fromBasket } }) =>
    fromBasket
      ? [
          {
            type: 'TakeOrdered',
            data: {
              basketId: customerId,
              customerId,
              orderId,
              items: lines.map(({ productId, quantity }) => ({ productId, quantity })),
            },
          },
        ]
      : [],
  ),
);
