import type {
  OrderHistory,
  OrderStatus,
  OrderView,
  Page,
  PaymentHistory,
  PaymentMethod,
  PaymentStatus,
  PaymentView,
} from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { type Answer, api, expectStatus } from './http.js';
import { admin, type Person } from './people.js';

export const address = { fullName: 'Erika Muster', street: 'Hauptstraße 1', city: 'Köln', postalCode: '50667', country: 'DE' };

export type Line = { productId: string; quantity: number };
type Options = { paymentMethod?: PaymentMethod; key?: string; correlationId?: string };

export const orderOf = (lines: Line[], paymentMethod: PaymentMethod = 'tok_approved') => ({ lines, address, paymentMethod });

export const tryToPlace = async (
  shopper: Person,
  lines: Line[],
  { paymentMethod, key, correlationId }: Options = {},
): Promise<Answer<OrderView>> =>
  api<OrderView>('/orders', {
    method: 'POST',
    token: await shopper.token(),
    body: orderOf(lines, paymentMethod),
    headers: { ...(key && { 'idempotency-key': key }), ...(correlationId && { 'x-correlation-id': correlationId }) },
  });

export const placeOrder = async (shopper: Person, lines: Line[], options?: Options): Promise<OrderView> =>
  expectStatus(await tryToPlace(shopper, lines, options), 201);

export const readOrder = async (shopper: Person, id: string): Promise<OrderView> =>
  expectStatus(await api<OrderView>(`/orders/${id}`, { token: await shopper.token() }), 200);

export const historyOf = async (shopper: Person, id: string): Promise<OrderHistory> =>
  expectStatus(await api<OrderHistory>(`/orders/${id}/history`, { token: await shopper.token() }), 200);

/** A command on an order by a shopper (or, to ship, an admin), with any answer. */
export const command = async (
  asker: Person,
  id: string,
  name: 'cancel' | 'hold' | 'release' | 'confirm' | 'ship',
  body?: unknown,
): Promise<Answer<OrderView>> => api<OrderView>(`/orders/${id}/${name}`, { method: 'POST', token: await asker.token(), body });

export const terminal: readonly OrderStatus[] = ['Shipped', 'Cancelled', 'Failed'];

/** The remaining hold window of an order, plus a margin. */
const untilOver = ({ pendingUntil }: OrderView): number => Math.max(0, Date.parse(pendingUntil) - Date.now()) + 30_000;

/** Waits until an order is in one of these statuses. @throws Error immediately when it cannot reach them any more */
export const untilStatus = async (
  shopper: Person,
  order: OrderView,
  statuses: OrderStatus | readonly OrderStatus[],
  timeoutMs = untilOver(order),
): Promise<OrderView> => {
  const wanted: readonly OrderStatus[] = typeof statuses === 'string' ? [statuses] : statuses;
  const found = await eventually(
    async () => {
      const now = await readOrder(shopper, order.id);
      if (!wanted.includes(now.status) && !terminal.includes(now.status))
        throw new Error(`order ${order.id} is ${now.status}, not ${wanted.join(' or ')}`);
      return now;
    },
    { timeoutMs, everyMs: 50 },
  );
  if (!wanted.includes(found.status))
    throw new Error(`order ${order.id} ended ${found.status} (${found.reason}), not ${wanted.join(' or ')}`);
  return found;
};

export const paymentsOf = async (shopper: Person, orderId: string): Promise<PaymentView[]> =>
  expectStatus(await api<Page<PaymentView>>(`/payments?orderId=${orderId}`, { token: await shopper.token() }), 200).data;

export const readPayment = async (shopper: Person, id: string): Promise<PaymentView> =>
  expectStatus(await api<PaymentView>(`/payments/${id}`, { token: await shopper.token() }), 200);

export const paymentEventsOf = async (shopper: Person, id: string): Promise<PaymentHistory> =>
  expectStatus(await api<PaymentHistory>(`/payments/${id}/events`, { token: await shopper.token() }), 200);

/** Waits until an order's one payment is in this status. */
export const untilPayment = (shopper: Person, orderId: string, status: PaymentStatus, timeoutMs = 30_000): Promise<PaymentView> =>
  eventually(
    async () => {
      const [payment, ...others] = await paymentsOf(shopper, orderId);
      if (!payment || others.length > 0) throw new Error(`order ${orderId} has ${others.length + (payment ? 1 : 0)} payments`);
      if (payment.status !== status) throw new Error(`the payment of order ${orderId} is ${payment.status}, not ${status}`);
      return payment;
    },
    { timeoutMs, everyMs: 50 },
  );

type Sale = { key: string; name: string; quantity: number; orders: number; amount: { amount: number; currency: string } };

/** The sales report's rows of one product. */
export const salesOf = async (productId: string, from: string): Promise<Sale[]> => {
  const answer = await api<{ data: Sale[] }>(`/reports/sales?from=${encodeURIComponent(from)}`, { token: await (await admin()).token() });
  return expectStatus(answer, 200).data.filter(({ key }) => key === productId);
};
