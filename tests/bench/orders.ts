import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { urlOf } from './stack.js';
import { type Percentiles, percentiles } from './stats.js';
import type { Watcher } from './watcher.js';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

const post = (url: string, token: string, body: unknown): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const asked = request(url, { method: 'POST', agent, headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in 30 s')));
    asked.on('error', reject);
    asked.end(text);
  });

export type Load = { offset: number; token: string; productIds: string[] };

/** An order that was asked for: `sentAt` in ms of the wall clock. */
export type Placed = { id: string; sentAt: number; answeredMs: number };

/**
 * Asks for `perSecond` orders, evenly spaced, whether or not the platform keeps up: waiting for it would hide its
 * queues.
 */
export const placeOrders = async (
  { offset, token, productIds }: Load,
  perSecond: number,
  seconds: number,
): Promise<{ placed: Placed[]; refused: number }> => {
  const url = `${urlOf(offset).gateway}/api/orders`;
  const placed: Placed[] = [];
  let refused = 0;
  const asked: Promise<void>[] = [];
  const begun = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const dueMs = (n / perSecond) * 1000 - (performance.now() - begun);
    if (dueMs > 1) await sleep(dueMs);
    const sentAt = Date.now();
    const lines = [0, 1].map((line) => ({ productId: productIds[(2 * n + line) % productIds.length], quantity: 1 }));
    asked.push(
      post(url, token, { lines, address, paymentMethod: 'tok_approved' }).then(
        ({ status, body }) => {
          if (status === 201) placed.push({ id: JSON.parse(body).id, sentAt, answeredMs: Date.now() - sentAt });
          else refused += 1;
        },
        () => {
          refused += 1;
        },
      ),
    );
  }
  await Promise.all(asked);
  return { placed, refused };
};

const address = { fullName: 'Alice Example', street: 'Hauptstraße 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

export type Journey = {
  perSecond: number;
  refused: number;
  missing: number;
  answer: Percentiles;
  committed: Percentiles;
  frame: Percentiles;
};

/** How long orders take until `status` is committed, and until its frame is in a browser's hands, at a steady rate. */
export const measureJourneys = async (
  load: Load,
  watcher: Watcher,
  ordering: Knex,
  status: 'Paid' | 'Shipped',
  perSecond: number,
  seconds: number,
): Promise<Journey> => {
  const { placed, refused } = await placeOrders(load, perSecond, seconds);
  const ids = placed.map(({ id }) => id);
  await reached(ordering, ids, status, 60_000);
  const at = await timesOf(ordering, ids, status);
  const frames = await watcher.arrivals(ids, status, 10_000);
  const since = (time: (id: string) => number | undefined): number[] =>
    placed.flatMap(({ id, sentAt }) => {
      const arrived = time(id);
      return arrived === undefined ? [] : [arrived - sentAt];
    });
  return {
    perSecond,
    refused,
    missing: ids.length - at.size,
    answer: percentiles(placed.map(({ answeredMs }) => answeredMs)),
    committed: percentiles(since((id) => at.get(id))),
    frame: percentiles(since((id) => frames.get(id))),
  };
};

/** When the event of that status was decided by the database's clock: its transaction commits right after. */
const timesOf = async (ordering: Knex, ids: string[], status: string): Promise<Map<string, number>> => {
  const { rows } = await ordering.raw<{ rows: { order_id: string; at: Date }[] }>(
    'select order_id, min(at) as at from order_history where order_id = any(?::uuid[]) and status = ? group by order_id',
    [ids, status],
  );
  return new Map(rows.map(({ order_id, at }) => [order_id, at.getTime()]));
};

/** @returns how many of the orders have not had the status when the time is up */
export const reached = async (ordering: Knex, ids: string[], status: string, withinMs: number): Promise<number> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const missing = ids.length - (await timesOf(ordering, ids, status)).size;
    if (missing === 0 || Date.now() > deadline) return missing;
    await sleep(100);
  }
};

export type Rate = { perSecond: number; answered: number; paidPerSecond: number; backlogAfterLoad: number; sustained: boolean };

/**
 * Raises the rate until orders pile up: the highest rate at which, 3 s after the load, every order is Paid and none was
 * refused.
 */
export const findHighestRate = async (
  load: Load,
  ordering: Knex,
  rates: number[],
  seconds: number,
  say: (rate: Rate) => void,
): Promise<Rate[]> => {
  const tried: Rate[] = [];
  for (const perSecond of rates) {
    const begun = Date.now();
    const { placed, refused } = await placeOrders(load, perSecond, seconds);
    const took = (Date.now() - begun) / 1000;
    const ids = placed.map(({ id }) => id);
    const backlogAfterLoad = ids.length - (await timesOf(ordering, ids, 'Paid')).size;
    const missing = await reached(ordering, ids, 'Paid', 3_000);
    const rate = {
      perSecond,
      answered: Math.round(ids.length / took),
      paidPerSecond: Math.round((ids.length - backlogAfterLoad) / took),
      backlogAfterLoad,
      sustained: missing === 0 && refused === 0 && ids.length / took > perSecond * 0.95,
    };
    tried.push(rate);
    say(rate);
    if (!rate.sustained) {
      await reached(ordering, ids, 'Paid', 120_000);
      break;
    }
  }
  return tried;
};
