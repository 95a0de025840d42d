import { OrderCancelled, OrderConfirmed, OrderFailed, OrderPlaced } from '@orderstream/contracts';
import { commands, on } from '@orderstream/event-bridge';
import { runStock } from './run-stock.js';
import { loadStock } from './stock-store.js';

export const stockConsumers = commands(
  { prepare: loadStock, run: runStock },
  on(OrderPlaced, ({ data: { id: orderId, lines } }) => [
    { type: 'ReserveStock', data: { orderId, lines: lines.map(({ productId, quantity }) => ({ productId, quantity })) } },
  ]),
  on(OrderCancelled, ({ data: { id: orderId } }) => [{ type: 'ReleaseStock', data: { orderId } }]),
  on(OrderFailed, ({ data: { id: orderId } }) => [{ type: 'ReleaseStock', data: { orderId } }]),
  on(OrderConfirmed, ({ data: { id: orderId } }) => [{ type: 'CommitStock', data: { orderId } }]),
);
