import type { estypes } from '@elastic/elasticsearch';
import type { Money, OrderLine, OrderView } from '@orderstream/contracts';

/** `netTotal` is the total of the line without its share of the refunds. */
export type LineDocument = OrderLine & { netTotal: Money };
export type OrderDocument = Omit<OrderView, 'lines'> & { lines: LineDocument[] };

/**
 * The document of an order, copied field by field, so that the strict mapping does not refuse a new field of the
 * contract.
 */
export const toDocument = (order: OrderView): OrderDocument => ({
  id: order.id,
  orderNumber: order.orderNumber,
  customerId: order.customerId,
  status: order.status,
  reason: order.reason,
  lines: linesOf(order),
  total: order.total,
  address: order.address,
  paymentMethod: order.paymentMethod,
  placedAt: order.placedAt,
  pendingUntil: order.pendingUntil,
  deadline: order.deadline,
  holdableUntil: order.holdableUntil,
  onHold: order.onHold,
  paidAt: order.paidAt,
  confirmedAt: order.confirmedAt,
  capturedAt: order.capturedAt,
  shippedAt: order.shippedAt,
  cancelledAt: order.cancelledAt,
  failedAt: order.failedAt,
  paymentId: order.paymentId,
  refundedAmount: order.refundedAmount,
  version: order.version,
});

/**
 * A refund is of an order, and names no line: every line bears its part, by its total. The parts are whole minor units
 * and add up to the refund, because each is what the refund of the lines so far grows by.
 */
const linesOf = ({ lines, refundedAmount }: OrderView): LineDocument[] => {
  const total = lines.reduce((sum, { lineTotal }) => sum + BigInt(lineTotal.amount), 0n);
  const refunded = BigInt(refundedAmount?.amount ?? 0);
  const refundOf = (part: bigint): number => (total === 0n ? 0 : Number((refunded * part) / total));
  let before = 0n;
  return lines.map(({ productId, name, unitPrice, quantity, lineTotal }) => {
    const after = before + BigInt(lineTotal.amount);
    const share = refundOf(after) - refundOf(before);
    before = after;
    return { productId, name, unitPrice, quantity, lineTotal, netTotal: { ...lineTotal, amount: lineTotal.amount - share } };
  });
};

const keyword = { type: 'keyword', ignore_above: 1_024 } as const;
const text = { type: 'text', fields: { keyword } } as const;
const date = { type: 'date', format: 'strict_date_optional_time' } as const;
const money = { properties: { amount: { type: 'long' }, currency: keyword } } as const;

/** Increment this with every change of the mapping or of `toDocument`: the orders are then indexed again. */
export const mappingVersion = 2;

/**
 * Lines are nested: the quantity of a line belongs to its product. Amounts are whole minor units, so sums are exact.
 */
export const orderMapping: estypes.MappingTypeMapping = {
  dynamic: 'strict',
  properties: {
    id: keyword,
    orderNumber: keyword,
    customerId: keyword,
    status: keyword,
    reason: keyword,
    lines: {
      type: 'nested',
      dynamic: 'strict',
      properties: { productId: keyword, name: text, unitPrice: money, quantity: { type: 'integer' }, lineTotal: money, netTotal: money },
    },
    total: money,
    address: {
      properties: { fullName: text, street: text, city: text, state: keyword, postalCode: keyword, country: keyword },
    },
    paymentMethod: keyword,
    placedAt: date,
    pendingUntil: date,
    deadline: date,
    holdableUntil: date,
    onHold: { type: 'boolean' },
    paidAt: date,
    confirmedAt: date,
    capturedAt: date,
    shippedAt: date,
    cancelledAt: date,
    failedAt: date,
    paymentId: keyword,
    refundedAmount: money,
    version: { type: 'integer' },
  },
};
