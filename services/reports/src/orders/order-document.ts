import type { estypes } from '@elastic/elasticsearch';
import type { OrderLine, OrderView } from '@orderstream/contracts';

export type OrderDocument = OrderView;

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
  lines: order.lines.map(toLine),
  total: order.total,
  address: order.address,
  paymentMethod: order.paymentMethod,
  placedAt: order.placedAt,
  pendingUntil: order.pendingUntil,
  onHold: order.onHold,
  paidAt: order.paidAt,
  confirmedAt: order.confirmedAt,
  capturedAt: order.capturedAt,
  shippedAt: order.shippedAt,
  cancelledAt: order.cancelledAt,
  failedAt: order.failedAt,
  paymentId: order.paymentId,
  version: order.version,
});

const toLine = ({ productId, name, unitPrice, quantity, lineTotal }: OrderLine): OrderLine => ({
  productId,
  name,
  unitPrice,
  quantity,
  lineTotal,
});

const keyword = { type: 'keyword', ignore_above: 1_024 } as const;
const text = { type: 'text', fields: { keyword } } as const;
const date = { type: 'date', format: 'strict_date_optional_time' } as const;
const money = { properties: { amount: { type: 'long' }, currency: keyword } } as const;

/** Increment this with every change of the mapping or of `toDocument`: the orders are then indexed again. */
export const mappingVersion = 1;

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
      properties: { productId: keyword, name: text, unitPrice: money, quantity: { type: 'integer' }, lineTotal: money },
    },
    total: money,
    address: {
      properties: { fullName: text, street: text, city: text, state: keyword, postalCode: keyword, country: keyword },
    },
    paymentMethod: keyword,
    placedAt: date,
    pendingUntil: date,
    onHold: { type: 'boolean' },
    paidAt: date,
    confirmedAt: date,
    capturedAt: date,
    shippedAt: date,
    cancelledAt: date,
    failedAt: date,
    paymentId: keyword,
    version: { type: 'integer' },
  },
};
