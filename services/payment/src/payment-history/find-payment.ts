import { NotFound, type PaymentView } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';

/** @throws NotFound also for another customer's payment, so that its existence stays secret */
export const findPayment = async (db: Database, id: string, customerId?: string): Promise<PaymentView> => {
  const { rows } = await db.query<{ view: PaymentView }>(
    'select view from payments where id = $1 and customer_id = coalesce($2, customer_id)',
    [id, customerId ?? null],
  );
  if (!rows[0]) throw new NotFound('payment-not-found', `There is no payment ${id}`);
  return rows[0].view;
};
