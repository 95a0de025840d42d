import { OrderEventData, OrderView, orderEvents } from '@orderstream/contracts';
import { expect } from 'chai';
import { orderId, type Situation, situations } from '../../test/order-samples.js';
import { evolve, initialState, type Order, type PlacedOrder } from './order.js';
import { toMessage } from './order-messages.js';
import { orderOf, stateOf } from './order-store.js';
import { orderView } from './order-view.js';

const placedSituations = (Object.keys(situations) as Situation[]).filter((situation) => situation !== 'NotPlaced');
const stateIn = (situation: Situation): PlacedOrder => situations[situation].reduce<Order>(evolve, initialState) as PlacedOrder;

describe('an order', () => {
  for (const situation of placedSituations) {
    it(`that is ${situation} is shown as the contract defines it`, () => {
      const view = orderView(orderId, situations[situation].length, stateIn(situation));
      expect(OrderView.strict().parse(view)).to.deep.equal(view);
    });

    it(`that is ${situation} is the same after it was stored and loaded`, () => {
      const order = stateIn(situation);
      const row = { status: order.status, pending_until: order.pendingUntil, state: JSON.parse(stateOf(order)) };
      expect(orderOf(row)).to.deep.equal(order);
    });

    it(`that is ${situation} is published with the whole order and the previous status`, () => {
      const events = situations[situation];
      const before = events.slice(0, -1).reduce<Order>(evolve, initialState);
      const state = stateIn(situation);
      const event = events.at(-1)!;
      const context = { correlationId: 'c-1', traceparent: '' };
      const message = toMessage({ id: orderId, eventId: 'e-1', event, version: events.length, before, state, context });
      expect(orderEvents).to.include(message?.definition as (typeof orderEvents)[number]);
      expect(message?.definition.type).to.equal(event.type);
      expect(OrderEventData.strict().parse(message?.data)).to.deep.equal({
        ...orderView(orderId, events.length, state),
        ...(events.length > 1 && { previousStatus: before.status }),
      });
    });
  }
});
