import { NotFound, type PaymentView } from '@orderstream/contracts';
import type { User } from '@orderstream/http';
import { type Database, rowsOf, sql } from '@orderstream/persistence';
import { visibleTo } from './visible-to.js';

/** @throws NotFound also for another customer's payment, so that its existence stays secret */
export const getPayment = async (db: Database, user: User, id: string): Promise<PaymentView> => {
  const [row] = await rowsOf<{ view: PaymentView }>(db, sql('payments').modify(visibleTo(user)).where({ id }).select('view'));
  if (!row) throw new NotFound('payment-not-found', `There is no payment ${id}`);
  return row.view;
};
