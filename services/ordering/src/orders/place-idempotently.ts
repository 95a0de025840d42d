import { type OrderView, Refusal } from '@orderstream/contracts';
import { created, type IdempotentRequest, idempotentBatcher } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import type { Placement, PlaceOrders } from './place-orders.js';

type PlacementRequest = IdempotentRequest & { placement: Placement };
const placementOf = ({ placement }: PlacementRequest): Placement => placement;

export type PlaceIdempotently = ReturnType<typeof placeIdempotently>;

/** Places an order once for each `Idempotency-Key`. Requests that come at once commit at once. */
export const placeIdempotently = (db: Database, placeOrders: PlaceOrders) =>
  idempotentBatcher<PlacementRequest, OrderView, ReturnType<PlaceOrders['prepare']>>(db, {
    prepare: (tx, requests) => placeOrders.prepare(tx, requests.map(placementOf)),
    run: async (tx, requests, prepared) => {
      const outcomes = await placeOrders.run(tx, requests.map(placementOf), prepared);
      return outcomes.map((outcome) => (outcome instanceof Refusal ? outcome : created(outcome, `/api/orders/${outcome.id}`)));
    },
  });
