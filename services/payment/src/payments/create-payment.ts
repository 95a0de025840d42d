import type { CreatePaymentRequest, MessageContext, PaymentView } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { commandPayment } from './command-payment.js';

type Deps = { newId: () => string };
export type CreatePayment = ReturnType<typeof createPayment>;

/** Creates a standalone payment, which has no order: it is captured as soon as it is authorised. */
export const createPayment =
  ({ newId }: Deps) =>
  (tx: Transaction, customerId: string, request: CreatePaymentRequest, context: MessageContext): Promise<PaymentView> =>
    commandPayment(tx, { type: 'InitiatePayment', data: { paymentId: newId(), customerId, ...request } }, context);
