import { type Change, stateStored } from '@orderstream/aggregates';
import type { Transaction } from '@orderstream/persistence';
import type { Basket, BasketCommand, BasketEvent } from './basket.js';

type Row = { id: string; version: number; state: Basket };

/** How long after its last change a basket is kept. */
const keptSeconds = 30 * 86_400;

const save = (tx: Transaction, changes: Change<Basket, BasketEvent>[]): void => {
  tx.write(
    `with saved as (
       insert into baskets (id, customer_id, version, product_ids, expires_at, state)
       select id, customer_id, version, array(select jsonb_array_elements(state -> 'lines') ->> 'productId')::uuid[],
              case when jsonb_array_length(state -> 'lines') + jsonb_array_length(state -> 'removed') > 0
                   then clock_timestamp() + make_interval(secs => $6) end, state
         from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::jsonb[]) as changed(id, customer_id, version, loaded_version, state)
       on conflict (id) do update
         set customer_id = excluded.customer_id, version = excluded.version, product_ids = excluded.product_ids,
             expires_at = excluded.expires_at, state = excluded.state
         where baskets.version = (select loaded_version from unnest($1::uuid[], $4::int[]) as loaded(id, loaded_version)
                                   where loaded.id = excluded.id)
       returning 1)
     select require_all_saved(count(*), $7) from saved`,
    [
      changes.map(({ id }) => id),
      changes.map(({ state }) => state.customerId ?? null),
      changes.map(({ version }) => version),
      changes.map(({ loadedVersion }) => loadedVersion),
      changes.map(({ state }) => JSON.stringify(state)),
      keptSeconds,
      changes.length,
    ],
  );
};

export const basketStore = stateStored<Basket, BasketCommand, BasketEvent>({
  load: async (tx, ids) => {
    const { rows } = await tx.query<Row>('select id, version, state from baskets where id = any($1::uuid[])', [ids]);
    return new Map(rows.map(({ id, version, state }) => [id, { state, version }]));
  },
  save,
});
