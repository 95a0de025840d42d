import { z } from 'zod';
import { countries } from './countries.js';
import { defineEvent, type EventOf } from './event.js';
import { Money, maxPrice } from './money.js';
import { PageQuery } from './paging.js';
import { QueryTime, withTimeRange } from './query.js';
import { Text, Timestamp } from './text.js';

export const OrderStatus = z.enum(['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped', 'CancelRequested', 'Cancelled', 'Failed']);
export type OrderStatus = z.infer<typeof OrderStatus>;

/** A shipping address in a request. */
export const AddressRequest = z
  .strictObject({
    fullName: Text(),
    street: Text(),
    city: Text(),
    state: Text().optional(),
    postalCode: Text(20),
    country: z.enum(countries, { error: 'must be an ISO 3166-1 alpha-2 code, in capitals' }).describe('ISO 3166-1 alpha-2'),
  })
  .meta({ id: 'AddressRequest' });

/**
 * A shipping address in views and events: not validated again, because the rules for requests may have changed since.
 */
export const Address = z
  .object({
    fullName: z.string(),
    street: z.string(),
    city: z.string(),
    state: z.string().optional(),
    postalCode: z.string(),
    country: z.string().describe('ISO 3166-1 alpha-2'),
  })
  .meta({ id: 'Address' });
export type Address = z.infer<typeof Address>;

/**
 * What replaces the personal data of an address once its customer is erased. The state is dropped; the country stays,
 * because it identifies nobody, and taxes are reported by country.
 */
export const erasedAddress = { fullName: 'erased', street: 'erased', city: 'erased', postalCode: 'erased' };

/** A payment method: a test token of the payment provider's test mode. */
export const PaymentMethod = z.enum(['tok_random', 'tok_approved', 'tok_declined', 'tok_unreachable']).meta({ id: 'PaymentMethod' });
export type PaymentMethod = z.infer<typeof PaymentMethod>;

/** The maximum quantity of one product in an order, and the maximum number of lines. */
export const maxLineQuantity = 1_000;
export const maxOrderLines = 100;

/** The maximum total of an order, and so of a payment, in minor units: an exact integer. */
export const maxOrderTotal = maxOrderLines * maxLineQuantity * maxPrice;

export const PlaceOrderRequest = z
  .strictObject({
    lines: z
      .array(z.strictObject({ productId: z.uuid().toLowerCase(), quantity: z.int().min(1).max(maxLineQuantity) }))
      .min(1)
      .max(maxOrderLines),
    address: AddressRequest,
    paymentMethod: PaymentMethod.default('tok_random'),
  })
  .meta({ id: 'PlaceOrderRequest' });
export type PlaceOrderRequest = z.infer<typeof PlaceOrderRequest>;

/** An order of what is in the shopper's basket. */
export const CheckoutRequest = z
  .strictObject({
    address: AddressRequest,
    paymentMethod: PaymentMethod.default('tok_random'),
    expectedTotal: Money.optional().describe('the total that the shopper saw; without it, no price may have changed since it was added'),
  })
  .meta({ id: 'CheckoutRequest' });
export type CheckoutRequest = z.infer<typeof CheckoutRequest>;

export const HoldOrderRequest = z.strictObject({ seconds: z.int().min(1) }).meta({ id: 'HoldOrderRequest' });
export type HoldOrderRequest = z.infer<typeof HoldOrderRequest>;

export const OrderQuery = withTimeRange(
  PageQuery.extend({
    status: OrderStatus.optional(),
    from: QueryTime.optional().describe('placed at or after'),
    to: QueryTime.optional().describe('placed before'),
  }),
);
export type OrderQuery = z.infer<typeof OrderQuery>;

export const OrderLine = z.object({
  productId: z.uuid(),
  name: z.string(),
  unitPrice: Money,
  quantity: z.int().positive(),
  lineTotal: Money,
});
export type OrderLine = z.infer<typeof OrderLine>;

/**
 * An order as the REST API shows it, and as every event of `ordering.orders` carries it: whole, as it is after the
 * event.
 */
export const OrderView = z
  .object({
    id: z.uuid(),
    orderNumber: z.string(),
    customerId: z.uuid(),
    status: OrderStatus,
    reason: z.string().optional(),
    lines: z.array(OrderLine).min(1),
    total: Money,
    address: Address,
    paymentMethod: PaymentMethod,
    placedAt: Timestamp,
    pendingUntil: Timestamp,
    deadline: Timestamp.optional().describe('what a release goes back to; absent in events from before it existed'),
    holdableUntil: Timestamp.optional().describe('how long the order can be held; absent in events from before it existed'),
    onHold: z.boolean(),
    paidAt: Timestamp.optional(),
    confirmedAt: Timestamp.optional(),
    capturedAt: Timestamp.optional(),
    shippedAt: Timestamp.optional(),
    cancelledAt: Timestamp.optional(),
    failedAt: Timestamp.optional(),
    paymentId: z.uuid().optional(),
    refundedAmount: Money.optional().describe('of the captured money, by an operator'),
    version: z.int(),
  })
  .meta({ id: 'Order' });
export type OrderView = z.infer<typeof OrderView>;

export const OrderHistory = z.array(
  z.object({ type: z.string(), status: OrderStatus, at: Timestamp, data: z.record(z.string(), z.unknown()) }),
);
export type OrderHistory = z.infer<typeof OrderHistory>;

/** The data of an order's events: the order after the event, and the status before it (none when it was placed). */
export const OrderEventData = OrderView.extend({
  previousStatus: OrderStatus.optional(),
  fromBasket: z.literal(true).optional().describe("of OrderPlaced: the order is what was in the customer's basket"),
});
export type OrderEventData = z.infer<typeof OrderEventData>;

const orderEvent = <const Type extends string>(type: Type) =>
  defineEvent({ type, version: 1, topic: 'ordering.orders', data: OrderEventData });

/** A customer placed an order; its lines and prices are final. Once per order, keyed by its `id`. */
export const OrderPlaced = orderEvent('OrderPlaced');
export type OrderPlaced = EventOf<typeof OrderPlaced>;
/** Its stock is reserved; the payment may be authorised. */
export const OrderPending = orderEvent('OrderPending');
export type OrderPending = EventOf<typeof OrderPending>;
/** Its payment is authorised; the money is on hold until `pendingUntil`. */
export const OrderPaid = orderEvent('OrderPaid');
export type OrderPaid = EventOf<typeof OrderPaid>;
/** The customer held or released the order: `pendingUntil` may have changed. */
export const OrderHoldChanged = orderEvent('OrderHoldChanged');
export type OrderHoldChanged = EventOf<typeof OrderHoldChanged>;
/** No longer cancellable: payment captures the money, products commits the stock. */
export const OrderConfirmed = orderEvent('OrderConfirmed');
export type OrderConfirmed = EventOf<typeof OrderConfirmed>;
/** The money is captured; an operator ships it. */
export const OrderCaptured = orderEvent('OrderCaptured');
export type OrderCaptured = EventOf<typeof OrderCaptured>;
/** The order is shipped. */
export const OrderShipped = orderEvent('OrderShipped');
export type OrderShipped = EventOf<typeof OrderShipped>;
/** The customer cancelled; the payment has to give the money back first. */
export const OrderCancelRequested = orderEvent('OrderCancelRequested');
export type OrderCancelRequested = EventOf<typeof OrderCancelRequested>;
/** Cancelled, with a `reason`: `CustomerRequest`, `OutOfStock` or `PaymentDeclined`. */
export const OrderCancelled = orderEvent('OrderCancelled');
export type OrderCancelled = EventOf<typeof OrderCancelled>;
/** Failed, because of a technical error at the payment provider. */
export const OrderFailed = orderEvent('OrderFailed');
export type OrderFailed = EventOf<typeof OrderFailed>;

/** An operator gave captured money back: `refundedAmount` has grown. In any status, which stays as it is. */
export const OrderRefunded = orderEvent('OrderRefunded');
export type OrderRefunded = EventOf<typeof OrderRefunded>;

/** The customer deleted the account: the address has no personal data any more. In any status, which stays as it is. */
export const OrderAddressErased = orderEvent('OrderAddressErased');
export type OrderAddressErased = EventOf<typeof OrderAddressErased>;

/** Every event of an order, for consumers of all of them. */
export const orderEvents = [
  OrderPlaced,
  OrderPending,
  OrderPaid,
  OrderHoldChanged,
  OrderConfirmed,
  OrderCaptured,
  OrderShipped,
  OrderCancelRequested,
  OrderCancelled,
  OrderFailed,
  OrderRefunded,
  OrderAddressErased,
] as const;
