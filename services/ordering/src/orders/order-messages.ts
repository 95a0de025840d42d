import type { ToMessage } from '@orderstream/aggregates';
import { type EventDefinition, type OrderEventData, orderEvents } from '@orderstream/contracts';
import type { Order, OrderEvent } from './order.js';
import { orderView } from './order-view.js';

const definitions = new Map<string, EventDefinition>(orderEvents.map((definition) => [definition.type, definition]));

/** The message of an event: it carries the whole order after the event. */
export const toMessage: ToMessage<Order, OrderEvent> = ({ id, event, before, state, version }) => {
  if (state.status === 'NotPlaced') throw new Error('an order that has an event is placed');
  const data: OrderEventData = {
    ...orderView(id, version, state),
    ...(before.status !== 'NotPlaced' && { previousStatus: before.status }),
    ...(event.type === 'OrderPlaced' && event.data.fromBasket && { fromBasket: true }),
  };
  return { definition: definitions.get(event.type)!, data };
};
