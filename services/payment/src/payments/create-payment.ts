import type { CreatePaymentRequest, MessageContext, PaymentView } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { paymentViewOf } from './payment-view.js';
import { payments } from './payments.js';

type Deps = { newId: () => string };
export type CreatePayment = ReturnType<typeof createPayment>;

/** Creates a standalone payment, which has no order: it is captured as soon as it is authorised. */
export const createPayment =
  ({ newId }: Deps) =>
  async (tx: Transaction, customerId: string, request: CreatePaymentRequest, context: MessageContext): Promise<PaymentView> => {
    const paymentId = newId();
    const { stateOf } = await payments.handle(tx, [{ type: 'InitiatePayment', data: { paymentId, customerId, ...request } }], context);
    const { state, version } = stateOf(paymentId);
    return paymentViewOf(paymentId, state, version);
  };
