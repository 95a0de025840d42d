import type { Message, Recorded } from '@orderstream/aggregates';
import { paymentEvents } from '@orderstream/contracts';
import type { Payment, PaymentEvent } from './payment.js';
import { eventDataOf } from './payment-view.js';

const definitions = new Map(paymentEvents.map((definition) => [definition.type, definition]));

/** Every event is announced, with the payment as it is after it. */
export const toMessage = ({ id, event, state, version }: Recorded<Payment, PaymentEvent>): Message => ({
  definition: definitions.get(event.type)!,
  data: eventDataOf(id, state, version),
});
