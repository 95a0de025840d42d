import { jobQueue } from '@orderstream/aggregates';
import type { Transaction } from '@orderstream/persistence';
import { currentContext, newContext } from '@orderstream/service-host';
import type { Mail } from './mail.js';

/** The name under which mails are counted, and listed as dead letters. */
const consumer = 'mails';

export type Mails = ReturnType<typeof mailQueue>;

/** The mails to be sent: jobs in identity's database, which commit with what causes them. */
export const mailQueue = () => {
  const queue = jobQueue(consumer);
  return {
    queue,

    /** Adds mails in a transaction. They are sent as soon as it commits, and never if it does not. */
    add: (tx: Transaction, ...mails: readonly Mail[]): void =>
      queue.add(
        tx,
        mails.map(({ id, to, language, template: { name: kind, ...values }, context = currentContext() ?? newContext() }) => ({
          id,
          kind,
          key: 'orderNumber' in values ? values.orderNumber : id, // updates of one order are sent in order
          payload: { to, language, ...values },
          context,
        })),
      ),

    /** Removes what waits for an address. Mails that are added after it in the same transaction are sent. */
    forget: async (tx: Transaction, address: string): Promise<void> => {
      await tx.query(`delete from jobs where payload ->> 'to' = $1`, [address]);
      await tx.query(`delete from dead_letters where consumer = $1 and convert_from(payload, 'UTF8')::jsonb ->> 'to' = $2`, [
        consumer,
        address,
      ]);
    },
  };
};
