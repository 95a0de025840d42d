import type { Versioned } from '@orderstream/aggregates';
import { NotFound, type OrderView } from '@orderstream/contracts';
import type { Order, PlacedOrder } from './order.js';

/** An order as the API and its events show it. */
export const orderView = (id: string, version: number, order: PlacedOrder): OrderView => ({
  id,
  orderNumber: order.orderNumber,
  customerId: order.customerId,
  status: order.status,
  ...(order.reason !== undefined && { reason: order.reason }),
  lines: order.lines,
  total: order.total,
  address: order.address,
  paymentMethod: order.paymentMethod,
  placedAt: order.placedAt.toISOString(),
  pendingUntil: order.pendingUntil.toISOString(),
  deadline: order.deadline.toISOString(),
  holdableUntil: order.holdableUntil.toISOString(),
  onHold: order.onHold,
  ...(order.paidAt && { paidAt: order.paidAt.toISOString() }),
  ...(order.confirmedAt && { confirmedAt: order.confirmedAt.toISOString() }),
  ...(order.capturedAt && { capturedAt: order.capturedAt.toISOString() }),
  ...(order.shippedAt && { shippedAt: order.shippedAt.toISOString() }),
  ...(order.cancelledAt && { cancelledAt: order.cancelledAt.toISOString() }),
  ...(order.failedAt && { failedAt: order.failedAt.toISOString() }),
  ...(order.paymentId !== undefined && { paymentId: order.paymentId }),
  ...(order.refundedAmount && { refundedAmount: order.refundedAmount }),
  version,
});

/** An order as the command handler left it. */
export const viewIn = ({ stateOf }: { stateOf: (id: string) => Versioned<Order> }, id: string): OrderView => {
  const { state, version } = stateOf(id);
  if (state.status === 'NotPlaced') throw new NotFound('order-not-found', `There is no order ${id}`);
  return orderView(id, version, state);
};
