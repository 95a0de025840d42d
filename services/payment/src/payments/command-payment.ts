import type { NewCommand } from '@orderstream/aggregates';
import type { MessageContext, PaymentView } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import type { PaymentCommand } from './payment.js';
import { paymentViewOf } from './payment-view.js';
import { payments } from './payments.js';

/** Runs one command on one payment, and returns the payment after it. */
export const commandPayment = async (
  tx: Transaction,
  command: NewCommand<PaymentCommand>,
  context: MessageContext,
): Promise<PaymentView> => {
  const { paymentId } = command.data;
  const { state, version } = (await payments.handle(tx, [command], context)).stateOf(paymentId);
  return paymentViewOf(paymentId, state, version);
};
