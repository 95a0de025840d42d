import { type Command, Conflict, type Event } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import type { Knex } from 'knex';
import { createInbox } from '../../../migrations/tables/inbox.v1.js';
import { upgradeInbox } from '../../../migrations/tables/inbox.v2.js';
import { createJobs } from '../../../migrations/tables/jobs.v1.js';
import { createOutbox } from '../../../migrations/tables/outbox.v1.js';
import { createRequireAllSaved } from '../../../migrations/tables/require-all-saved.v1.js';
import { countedIn } from '../../event-bridge/test/test-topic.js';
import { type Change, eventStored, type Recorded, type Store, stateStored } from '../src/index.js';

/** The smallest aggregate there is: a number that grows by digits. */
export type Tally = { sum: number };
export type TallyCommand = Command<'Count', { id: string; n: number }>;
export type TallyEvent = Event<'Counted', { n: number }>;
type TallyChange = Change<Tally, TallyEvent>;

export const initialState: Tally = { sum: 0 };

export const decide = ({ data: { n }, at }: TallyCommand, { sum }: Tally): TallyEvent[] => {
  if (sum + n < 0) throw new Conflict('tally-below-zero', `${sum} and ${n} is below zero`);
  return n === 0 ? [] : [{ type: 'Counted', data: { n }, at }];
};

/** Not the same in another order. */
export const evolve = ({ sum }: Tally, { data: { n } }: TallyEvent): Tally => ({ sum: sum * 10 + n });

const definition = countedIn('test.tallies');
export const toMessage = ({ event: { data } }: Recorded<Tally, TallyEvent>) => ({ definition, data });

export const tallyTables = async (knex: Knex): Promise<void> => {
  await createInbox(knex);
  await upgradeInbox(knex);
  await createJobs(knex);
  await createOutbox(knex);
  await createRequireAllSaved(knex);
  await knex.raw('create table tallies (id uuid primary key, version int not null, sum int not null, loaded_version int not null)');
  await knex.raw('create table tally_events (like outbox including all, stream text not null, unique (stream, aggregate_version))');
};

const save = (tx: Transaction, changes: TallyChange[]): void => {
  tx.write(
    `with saved as (
       insert into tallies as known (id, version, sum, loaded_version)
       select * from unnest($1::uuid[], $2::int[], $3::int[], $4::int[])
       on conflict (id) do update set version = excluded.version, sum = excluded.sum where known.version = excluded.loaded_version
       returning 1)
     select require_all_saved(count(*), $5) from saved`,
    [
      changes.map(({ id }) => id),
      changes.map(({ version }) => version),
      changes.map(({ state }) => state.sum),
      changes.map(({ loadedVersion }) => loadedVersion),
      changes.length,
    ],
  );
};

type TallyStore = Store<Tally, TallyCommand, TallyEvent>;

export const stores: { kind: string; announcedIn: string; store: TallyStore }[] = [
  {
    kind: 'whose state is stored',
    announcedIn: 'outbox',
    store: stateStored({
      load: async (tx, ids) => {
        const { rows } = await tx.query('select id, version, sum from tallies where id = any($1::uuid[])', [ids]);
        return new Map(rows.map(({ id, version, sum }) => [id, { state: { sum }, version }]));
      },
      save,
    }),
  },
  {
    kind: 'whose events are stored',
    announcedIn: 'tally_events',
    store: eventStored({
      table: 'tally_events',
      stream: 'tally',
      fold: (events) =>
        events.map(({ data, at }): TallyEvent => ({ type: 'Counted', data: data as { n: number }, at })).reduce(evolve, initialState),
      project: () => undefined,
    }),
  },
];
