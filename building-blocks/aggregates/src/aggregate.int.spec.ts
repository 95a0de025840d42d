import { Conflict, type MessageContext } from '@orderstream/contracts';
import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { currentContext, newContext } from '@orderstream/service-host';
import { errorOf, eventually, openTransaction, somebodyWaits, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import {
  decide,
  evolve,
  initialState,
  stores,
  type Tally,
  type TallyCommand,
  type TallyEvent,
  tallyTables,
  toMessage,
} from '../test/tallies.js';
import { aggregate, type NewCommand, type Recorded } from './aggregate.js';
import { jobQueue } from './job-queue.js';

for (const { kind, announcedIn, store } of stores) {
  describe(`an aggregate ${kind}`, function () {
    this.timeout(30_000);
    let database: TestDatabase;
    let db: Database;
    let knex: Knex;
    let a: string;
    let b: string;
    let told: { recorded: Recorded<Tally, TallyEvent>; context: MessageContext | undefined }[];
    let ignored: [command: TallyCommand, state: Tally][];

    before(async () => {
      database = await testDatabase(tallyTables);
      ({ db, knex } = database);
    });
    after(() => database.drop());
    beforeEach(() => {
      [a, b] = [uuidv7(), uuidv7()];
      told = [];
      ignored = [];
    });

    const tallies = aggregate<Tally, TallyCommand, TallyEvent>({
      idOf: ({ data }) => data.id,
      decide,
      evolve,
      initialState,
      store,
      toMessage,
      jobs: {
        queue: jobQueue('spec'),
        toJob: ({ event }) => (event.data.n === 9 ? { kind: 'report', payload: event.data } : undefined),
      },
      onNoChange: (...command) => ignored.push(command),
      onChange: (recorded) => told.push({ recorded, context: currentContext() }),
    });

    const count = (id: string, n: number): NewCommand<TallyCommand> => ({ type: 'Count', data: { id, n } });
    const handle = (...commands: NewCommand<TallyCommand>[]) => inTransaction(db, (tx) => tallies.handle(tx, commands, newContext()));
    const stateOf = async (id: string) => (await inTransaction(db, (tx) => store.load(tx, [id], []))).get(id);
    const announced = (id: string) => knex(announcedIn).where({ aggregate_id: id }).orderBy('position');

    /** The same transaction, and what it is sent. */
    const watched = (tx: Transaction): { tx: Transaction; sent: string[] } => {
      const sent: string[] = [];
      const write: Transaction['write'] = (statement, values, because) => {
        sent.push(statement);
        return tx.write(statement, values, because);
      };
      const query: Transaction['query'] = (statement, values) => {
        sent.push(statement);
        return tx.query(statement, values);
      };
      return { tx: { ...tx, write, query }, sent };
    };

    /** Somebody who does not take the lock. */
    const saveUnasked = async (id: string, n: number): Promise<void> => {
      await inTransaction(db, async (tx) => {
        const { state: before, version: loadedVersion } = (await store.load(tx, [id], [])).get(id) ?? { state: initialState, version: 0 };
        const event: TallyEvent = { type: 'Counted', data: { n }, at: new Date() };
        const [state, version] = [evolve(before, event), loadedVersion + 1];
        const recorded = [{ id, eventId: uuidv7(), event, version, before, state, context: newContext() }];
        store.save(tx, [{ id, loadedVersion, version, state, recorded }], toMessage);
      });
    };

    it('folds several commands in memory, in their order, with one version for each event', async () => {
      await handle(count(a, 1));
      const { stateOf: returned, recorded } = await handle(count(a, 2), count(b, 5), count(a, 3));
      expect(returned(a)).to.deep.equal({ state: { sum: 123 }, version: 3 });
      expect(recorded.filter(({ id }) => id === a).map(({ version, before, state }) => [version, before.sum, state.sum])).to.deep.equal([
        [2, 1, 12],
        [3, 12, 123],
      ]);
      expect(await stateOf(a)).to.deep.equal({ state: { sum: 123 }, version: 3 });
      expect(await stateOf(b)).to.deep.equal({ state: { sum: 5 }, version: 1 });
      expect((await announced(a)).map(({ aggregate_version, payload }) => [aggregate_version, payload.n])).to.deep.equal([
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
    });

    it('is loaded with one statement, and saved with one for each table, for any number of commands', async () => {
      const ids = Array.from({ length: 20 }, () => uuidv7());
      const sent = await inTransaction(db, async (tx) => {
        const own = watched(tx);
        await tallies.handle(
          own.tx,
          [...ids, ...ids].map((id) => count(id, 9)),
          newContext(),
        );
        return own.sent;
      });
      const written = sent.flatMap((statement) => /insert into (\w+)/.exec(statement)?.[1] ?? []);
      expect(written).to.deep.equal([...(announcedIn === 'outbox' ? ['tallies'] : []), announcedIn, 'jobs']);
      expect(sent.length - written.length, 'locks, the clock, states').to.equal(3);
    });

    it('saves nothing when a command is refused, nor of the commands before it', async () => {
      const refusal = await errorOf(handle(count(a, 1), count(b, 9), count(a, -9)));
      expect(refusal).to.be.instanceOf(Conflict).and.have.property('code', 'tally-below-zero');
      expect([await stateOf(a), await stateOf(b)]).to.deep.equal([undefined, undefined]);
      expect([await announced(b), await knex('jobs').where({ key: b })]).to.deep.equal([[], []]);
    });

    it('decides on aggregates that were prepared ahead, even when more were prepared', async () => {
      await handle(count(a, 1), count(b, 1));
      await inTransaction(db, async (tx) => {
        const own = watched(tx);
        const prepared = tallies.prepare(own.tx, [count(a, 2), count(b, 2)]);
        await prepared;
        own.sent.length = 0;
        await tallies.handle(own.tx, [count(a, 2)], newContext(), prepared);
        expect(own.sent.filter((statement) => !statement.includes('insert into'))).to.deep.equal([]);
      });
      expect(await stateOf(a)).to.deep.equal({ state: { sum: 12 }, version: 2 });
      expect(await stateOf(b)).to.deep.equal({ state: { sum: 1 }, version: 1 });
    });

    it('makes changes on their own: one that is refused leaves no trace, and the next finds what the others left', async () => {
      await handle(count(a, 1));
      const change = (...commands: NewCommand<TallyCommand>[]) => {
        const sumsOf = (stateOf: (id: string) => { state: Tally }) => [stateOf(a).state.sum, stateOf(b).state.sum];
        const found: number[] = [];
        const commandsOf = (stateOf: (id: string) => { state: Tally }) => {
          found.push(...sumsOf(stateOf));
          return commands;
        };
        return {
          commandsOf,
          resultOf: (stateOf: (id: string) => { state: Tally }) => ({ found, left: sumsOf(stateOf) }),
          context: newContext(),
        };
      };
      const outcomes = await inTransaction(db, (tx) =>
        tallies.handleEach(
          tx,
          [change(count(a, 2), count(b, 3)), change(count(b, 4), count(a, -99)), change(count(a, 5)), change()],
          tallies.prepare(tx, [count(a, 0), count(b, 0)]),
        ),
      );
      expect(outcomes[1]).to.be.instanceOf(Conflict).and.have.property('code', 'tally-below-zero');
      expect(outcomes.toSpliced(1, 1)).to.deep.equal([
        { found: [1, 0], left: [12, 3] },
        { found: [12, 3], left: [125, 3] },
        { found: [125, 3], left: [125, 3] },
      ]);
      expect([await stateOf(a), await stateOf(b)]).to.deep.equal([
        { state: { sum: 125 }, version: 3 },
        { state: { sum: 3 }, version: 1 },
      ]);
    });

    for (const [situation, earlier] of [
      ['has a row', true],
      ['has no row yet', false],
    ] as const) {
      it(`lets the second of two writers wait for the first when the aggregate ${situation}`, async () => {
        if (earlier) await handle(count(a, 1));
        const first = await openTransaction(db);
        await tallies.handle(first.tx, [count(a, 2)], newContext());
        let tries = 0;
        const second = inTransaction(db, (tx) => {
          tries += 1;
          return tallies.handle(tx, [count(a, 3)], newContext());
        });
        await somebodyWaits(db);
        await first.commit();
        await second;
        expect(await stateOf(a)).to.deep.equal({ state: { sum: earlier ? 123 : 23 }, version: earlier ? 3 : 2 });
        expect(tries, 'decided on what the first wrote').to.equal(1);
      });
    }

    it('is decided again when another transaction wrote to it in between', async () => {
      await handle(count(a, 1));
      let tries = 0;
      await inTransaction(db, async (tx) => {
        tries += 1;
        const prepared = tallies.prepare(tx, [count(a, 3)]);
        await prepared;
        if (tries === 1) await saveUnasked(a, 2);
        await tallies.handle(tx, [count(a, 3)], newContext(), prepared);
      });
      expect(tries).to.equal(2);
      expect(await stateOf(a)).to.deep.equal({ state: { sum: 123 }, version: 3 });
      expect((await announced(a)).map(({ payload }) => payload.n)).to.deep.equal([1, 2, 3]);
    });

    it('calls onChange once for each committed event, in the context of the event, and not after a rollback', async () => {
      const contexts = [newContext(), newContext()];
      await inTransaction(db, async (tx) => {
        await tallies.handle(tx, [count(a, 1), count(b, 2)], ({ data }) => contexts[data.n - 1]!);
        await tx.query('select 1');
        expect(told).to.deep.equal([]);
      });
      await eventually(() =>
        expect(told.map(({ recorded }) => [recorded.id, recorded.state.sum])).to.deep.equal([
          [a, 1],
          [b, 2],
        ]),
      );
      expect(told.map(({ context }) => context)).to.deep.equal(contexts);

      const rolledBack = inTransaction(db, async (tx) => {
        await tallies.handle(tx, [count(a, 3)], newContext());
        throw new Error('rolled back');
      });
      await errorOf(rolledBack);
      await handle(count(a, 4));
      await eventually(() => expect(told.map(({ recorded }) => recorded.event.data.n)).to.deep.equal([1, 2, 4]));
    });

    it('calls onNoChange for a command that changes nothing, and writes nothing', async () => {
      await handle(count(a, 1));
      const { recorded } = await handle(count(a, 0));
      expect(recorded).to.deep.equal([]);
      expect(ignored.map(([{ data }, state]) => [data, state])).to.deep.equal([[{ id: a, n: 0 }, { sum: 1 }]]);
      expect(await announced(a)).to.have.length(1);
    });

    it('announces each event in the context of its own command', async () => {
      const contexts = new Map([1, 2, 3].map((n): [number, MessageContext] => [n, { ...newContext(), causationId: uuidv7() }]));
      const commands = [count(a, 1), count(b, 2), count(a, 3)];
      await inTransaction(db, (tx) => tallies.handle(tx, commands, ({ data }) => contexts.get(data.n)!));
      for (const { payload, correlation_id, causation_id, traceparent } of [...(await announced(a)), ...(await announced(b))]) {
        const { correlationId, causationId, traceparent: trace } = contexts.get(payload.n)!;
        expect([correlation_id, causation_id, traceparent]).to.deep.equal([correlationId, causationId, trace]);
      }
    });

    it('adds the jobs that its events request in the same transaction, with the event’s id and its own key', async () => {
      const context = newContext();
      const { recorded } = await inTransaction(db, (tx) => tallies.handle(tx, [count(a, 1), count(a, 9), count(b, 9)], context));
      const asking = recorded.filter(({ event }) => event.data.n === 9);
      const jobs = await knex('jobs').whereIn('key', [a, b]).orderBy('position');
      expect(jobs.map(({ id, key, kind, payload, correlation_id }) => [id, key, kind, payload, correlation_id])).to.deep.equal(
        asking.map(({ id, eventId }) => [eventId, id, 'report', { n: 9 }, context.correlationId]),
      );
    });
  });
}
