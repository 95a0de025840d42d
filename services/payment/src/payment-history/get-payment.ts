import { NotFound, type PaymentView } from '@orderstream/contracts';
import type { User } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { visibleTo } from './visible-to.js';

/** @throws NotFound also for another customer's payment, so that its existence stays secret */
export const getPayment = async (db: Knex, user: User, id: string): Promise<PaymentView> => {
  const row: { view: PaymentView } | undefined = await db('payments').modify(visibleTo(user)).where({ id }).first('view');
  if (!row) throw new NotFound('payment-not-found', `There is no payment ${id}`);
  return row.view;
};
