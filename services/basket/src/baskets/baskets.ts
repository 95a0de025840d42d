import { aggregate, type Recorded } from '@orderstream/aggregates';
import { BasketChanged, BasketItemRemoved } from '@orderstream/contracts';
import { basketEventsRecorded } from '../metrics.js';
import { type Basket, type BasketCommand, type BasketEvent, decide, evolve, initialState } from './basket.js';
import { basketStore } from './basket-store.js';

const toMessage = ({ id, event, state: { customerId, lines } }: Recorded<Basket, BasketEvent>) => {
  const of = { id, ...(customerId !== undefined && { customerId }) };
  return event.type === 'BasketChanged'
    ? { definition: BasketChanged, data: { ...of, items: lines.map(({ productId, quantity }) => ({ productId, quantity })) } }
    : { definition: BasketItemRemoved, data: { ...of, ...event.data, at: event.at.toISOString() } };
};

/** The command handler of baskets. */
export const baskets = aggregate<Basket, BasketCommand, BasketEvent>({
  idOf: ({ data }) => data.basketId,
  decide,
  evolve,
  initialState,
  store: basketStore,
  toMessage,
  onChange: ({ event: { type } }) => basketEventsRecorded.inc({ type }),
});
