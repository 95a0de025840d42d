import type { ToMessage } from '@orderstream/aggregates';
import { paymentEvents } from '@orderstream/contracts';
import type { Payment, PaymentEvent } from './payment.js';
import { dataOf } from './payment-view.js';

const definitions = new Map(paymentEvents.map((definition) => [definition.type, definition]));

/** The message of an event: it carries the whole payment after the event. */
export const toMessage: ToMessage<Payment, PaymentEvent> = (recorded) => ({
  definition: definitions.get(recorded.event.type)!,
  data: dataOf(recorded),
});
