import type { Language } from '@orderstream/contracts';
import { OrderCancelled, OrderFailed, OrderPaid, OrderShipped } from '@orderstream/contracts';
import { contextOfEvent, type Handler, project } from '@orderstream/event-bridge';
import type { MailTemplate } from './mail.js';
import type { Mails } from './mail-queue.js';

type OrderUpdate = Extract<MailTemplate, { name: 'order-update' }>;

const statusAfter: Record<'OrderPaid' | 'OrderShipped' | 'OrderCancelled' | 'OrderFailed', OrderUpdate['status']> = {
  OrderPaid: 'Paid',
  OrderShipped: 'Shipped',
  OrderCancelled: 'Cancelled',
  OrderFailed: 'Failed',
};

type Row = { id: string; email: string; full_name: string; language: Language };

/** Who reads the topic from its beginning must not send old news. */
const newsForMs = 24 * 3_600_000;

/** One mail for each event, to the customers who want updates of their orders. */
export const orderUpdateConsumers = ({ mails, publicUrl }: { mails: Mails; publicUrl: string }): Handler =>
  project([OrderPaid, OrderShipped, OrderCancelled, OrderFailed], async (tx, all) => {
    const events = all.filter(({ occurredAt }) => occurredAt.getTime() > Date.now() - newsForMs);
    const { rows } = await tx.query<Row>(
      'select id, email, full_name, language from users where order_updates and active and id = any($1::uuid[])',
      [[...new Set(events.map(({ data }) => data.customerId))]],
    );
    const customers = new Map(rows.map((row) => [row.id, row]));
    const updates = events.flatMap((event) => {
      const { id, type, data } = event;
      const customer = customers.get(data.customerId);
      if (!customer) return [];
      const template: OrderUpdate = {
        name: 'order-update',
        fullName: customer.full_name,
        orderNumber: data.orderNumber,
        status: statusAfter[type],
        total: data.total,
        url: `${publicUrl}/orders/${data.id}`,
      };
      return [{ id, to: customer.email, language: customer.language, template, context: contextOfEvent(event) }];
    });
    mails.add(tx, ...updates);
  });
