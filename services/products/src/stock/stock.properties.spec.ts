import { Refusal } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { apply, decide, levelEvents, type Stock, type StockCommand, type StockEvent } from './stock.js';

/** `apply` on a copy of the stock. */
const evolve = ({ levels, reservations }: Stock, event: StockEvent): Stock => {
  const next = { levels: { ...levels }, reservations: { ...reservations } };
  apply(next, event);
  return next;
};

const at = new Date('2026-01-05T10:15:00Z');
const productIds = ['p1', 'p2', 'p3'];

const product = fc.constantFrom(...productIds, 'unknown');
const orderId = fc.constantFrom('o1', 'o2', 'o3', 'o4', 'o5', 'o6');
const lines = fc.array(fc.record({ productId: product, quantity: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 4 });
const command: fc.Arbitrary<StockCommand> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ orderId, lines }).map((data) => ({ type: 'ReserveStock' as const, data, at })) },
  { weight: 2, arbitrary: orderId.map((id) => ({ type: 'ReleaseStock' as const, data: { orderId: id }, at })) },
  { weight: 2, arbitrary: orderId.map((id) => ({ type: 'CommitStock' as const, data: { orderId: id }, at })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ productId: product, quantity: fc.integer({ min: 0, max: 20 }) })
      .map((data) => ({ type: 'SetStock' as const, data, at })),
  },
);
/** Any commands in any order, some of them repeated later, in batches of any size. */
const batches = fc.array(fc.array(command, { minLength: 1, maxLength: 6 }), { maxLength: 12 });

const start: Stock = {
  reservations: {},
  levels: Object.fromEntries(productIds.map((id) => [id, { quantity: 10, reserved: 0, version: 0 }])),
};

type Run = { stock: Stock; events: StockEvent[] };

const runBatch = ({ stock: before, events }: Run, commands: StockCommand[]): Run => {
  let stock = before;
  const decided: StockEvent[] = [];
  const record = (news: StockEvent[]): void => {
    stock = news.reduce(evolve, stock);
    decided.push(...news);
  };
  for (const next of commands) {
    try {
      record(decide(next, stock));
    } catch (error) {
      if (!(error instanceof Refusal) || next.type !== 'SetStock') throw error; // a fact never throws
    }
  }
  record(levelEvents(before.levels, stock.levels, at));
  return { stock, events: [...events, ...decided] };
};

const run = (all: StockCommand[][]): Run => all.reduce(runBatch, { stock: start, events: [] });

const total = (reservations: Stock['reservations'], status: string, productId: string): number =>
  Object.values(reservations)
    .filter((reservation) => reservation.status === status)
    .flatMap((reservation) => reservation.lines)
    .filter((line) => line.productId === productId)
    .reduce((sum, line) => sum + line.quantity, 0);

const holds = (property: (run: Run) => void): void =>
  fc.assert(
    fc.property(batches, (all) => property(run(all))),
    { numRuns: 1_000 },
  );

describe('the stock, after any commands in any order', () => {
  it('never reserves more than there is', () =>
    fc.assert(
      fc.property(batches, (all) => {
        let state: Run = { stock: start, events: [] };
        for (const batch of all) {
          state = runBatch(state, batch);
          for (const { quantity, reserved } of Object.values(state.stock.levels)) {
            expect(reserved).to.be.within(0, quantity);
          }
        }
      }),
      { numRuns: 1_000 },
    ));

  it('has reserved exactly the lines of the open reservations', () =>
    holds(({ stock }) => {
      for (const id of productIds) expect(stock.levels[id]?.reserved).to.equal(total(stock.reservations, 'Reserved', id));
    }));

  it('loses and creates nothing: initial and adjusted units are in stock or have left', () =>
    holds(({ stock, events }) => {
      for (const id of productIds) {
        const adjustments = adjustmentsOf(events, id);
        expect(10 + adjustments).to.equal(stock.levels[id]!.quantity + total(stock.reservations, 'Committed', id));
      }
    }));

  it('decides each order once: reserved or failed, and if reserved, released or committed', () =>
    holds(({ events }) => {
      const histories = new Map<string, string[]>();
      for (const { type, data } of events) {
        if ('orderId' in data) histories.set(data.orderId, [...(histories.get(data.orderId) ?? []), type]);
      }
      for (const history of histories.values()) {
        expect(history.join()).to.match(/^(StockReserved(,StockReleased|,StockCommitted)?|StockReservationFailed|StockReleased)$/);
      }
    }));

  it('does not change when all commands are repeated', () =>
    fc.assert(
      fc.property(batches, (all) => {
        const facts = all.map((batch) => batch.filter(({ type }) => type !== 'SetStock'));
        // the whole stream once more, as after a rewind: every order is decided, only open reservations may still
        // change
        const once = run(facts);
        const twice = facts.reduce(runBatch, once);
        const thrice = facts.reduce(runBatch, twice);
        expect(thrice.events).to.have.length(twice.events.length);
        for (const [id, { status }] of Object.entries(once.stock.reservations)) {
          if (status !== 'Reserved') expect(twice.stock.reservations[id]?.status).to.equal(status);
        }
      }),
    ));

  it('publishes the level of a product after every batch, with versions without gaps', () =>
    holds(({ stock, events }) => {
      for (const id of productIds) {
        const announced = events.flatMap((event) =>
          (event.type === 'StockLevelChanged' || event.type === 'ProductSoldOut') && event.data.productId === id ? [event.data] : [],
        );
        const { quantity, reserved, version } = stock.levels[id]!;
        expect(version).to.equal(announced.length);
        const last = announced.at(-1) ?? { quantity: 10, reserved: 0, available: 10 };
        expect(last).to.include({ quantity, reserved, available: quantity - reserved });
      }
    }));
});

/** The sum of the adjustments, computed independently of the decider. */
const adjustmentsOf = (events: StockEvent[], productId: string): number => {
  let quantity = 10;
  let sum = 0;
  for (const { type, data } of events) {
    if (type === 'StockCommitted') for (const line of data.lines) if (line.productId === productId) quantity -= line.quantity;
    if (type === 'StockAdjusted' && data.productId === productId) {
      sum += data.quantity - quantity;
      quantity = data.quantity;
    }
  }
  return sum;
};
