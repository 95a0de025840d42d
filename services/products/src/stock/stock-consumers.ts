import { OrderCancelled, OrderConfirmed, OrderFailed, OrderPlaced } from '@orderstream/contracts';
import { on } from '@orderstream/event-bridge';
import { stocks } from './stocks.js';

export const stockConsumers = stocks.consumers(
  on(OrderPlaced, ({ data: { id: orderId, lines } }) => [
    { type: 'ReserveStock', data: { orderId, lines: lines.map(({ productId, quantity }) => ({ productId, quantity })) } },
  ]),
  on(OrderCancelled, ({ data: { id: orderId } }) => [{ type: 'ReleaseStock', data: { orderId } }]),
  on(OrderFailed, ({ data: { id: orderId } }) => [{ type: 'ReleaseStock', data: { orderId } }]),
  on(OrderConfirmed, ({ data: { id: orderId } }) => [{ type: 'CommitStock', data: { orderId } }]),
);
