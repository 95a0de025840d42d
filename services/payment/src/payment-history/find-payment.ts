import { NotFound, type PaymentView } from '@orderstream/contracts';
import type { Knex } from 'knex';

/** @throws NotFound also for another customer's payment, so that its existence stays secret */
export const findPayment = async (db: Knex, id: string, customerId?: string): Promise<PaymentView> => {
  const row = await db('payments')
    .where({ id, ...(customerId && { customer_id: customerId }) })
    .first<{ view: PaymentView } | undefined>('view');
  if (!row) throw new NotFound('payment-not-found', `There is no payment ${id}`);
  return row.view;
};
