import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { pause } from './interrupt.js';
import { limits, type Plan } from './plan.js';
import { orderOf, type Shop } from './shop.js';
import { cpuOf, total, urlOf } from './stack.js';
import { type Percentiles, percentiles } from './stats.js';
import type { Watcher } from './watcher.js';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

type Sent = { method: 'POST' | 'PUT'; headers: Record<string, string>; body: unknown };

export const send = (url: string, { method, headers: more, body }: Sent): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { ...more, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const timeout = limits.answer * 1_000;
    const asked = request(url, { method, agent, headers, timeout }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${limits.answer} s`)));
    asked.on('error', reject);
    asked.end(text);
  });

/** A requested order: `sentAt` in ms of the wall clock. */
type Placed = { id: string; sentAt: number; answeredMs: number };

/** Calls `act` at an even rate, even when the platform falls behind: waiting for it would hide its queues. */
export const atRate = async (perSecond: number, seconds: number, act: (n: number) => Promise<void>): Promise<void> => {
  const asked: Promise<void>[] = [];
  const begun = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const dueMs = (n / perSecond) * 1000 - (performance.now() - begun);
    if (dueMs > 1) await pause(dueMs);
    asked.push(act(n));
  }
  await Promise.all(asked);
};

export const placeOrders = async (
  { offset, token, productIds }: Shop,
  perSecond: number,
  seconds: number,
): Promise<{ placed: Placed[]; refused: number }> => {
  const url = `${urlOf(offset).gateway}/api/orders`;
  const placed: Placed[] = [];
  let refused = 0;
  await atRate(perSecond, seconds, async (n) => {
    const sentAt = Date.now();
    const two = [0, 1].map((line) => productIds[(2 * n + line) % productIds.length]!);
    const asked = { method: 'POST' as const, headers: { authorization: `Bearer ${token}` }, body: orderOf(two) };
    const answer = await send(url, asked).catch(() => undefined);
    if (answer?.status === 201) placed.push({ id: JSON.parse(answer.body).id, sentAt, answeredMs: Date.now() - sentAt });
    else refused += 1;
  });
  return { placed, refused };
};

/** The results of one load's orders. Times in ms. */
export type Cell = {
  perSecond: number;
  orders: number;
  refused: number;
  /** the number that had not reached their last status in time */
  missing: number;
  answeredPerSecond: number;
  answer: Percentiles;
  /** from the request to the event that made the order Paid, and to the arrival of its frame */
  paid: Percentiles;
  frame: Percentiles;
  /** from the end of the window to the event that made the order Shipped */
  shipped?: Percentiles;
  /**
   * CPU time of the whole stack, by order and by process, without the time in which orders only wait for the end of
   * their hold window
   */
  cpuMsPerOrder: number;
  cpuMs: Record<string, number>;
  sustained: boolean;
};

/**
 * A load is sustained when none of its orders was refused, at least 95 % were answered in its time, and all are Paid
 * this long after it.
 */
const sustainedWithinMs = 3_000;

export const measureCell = async (shop: Shop, watcher: Watcher, perSecond: number, plan: Plan): Promise<Cell> => {
  const drainMs = limits.drain * 1_000;
  const begun = Date.now();
  const loadEnd = begun + plan.loadSeconds * 1_000;

  const paying = await withCpu(shop, async () => {
    const { placed, refused } = await placeOrders(shop, perSecond, plan.loadSeconds);
    const took = Math.max(plan.loadSeconds, (Date.now() - begun) / 1_000);
    const paid = await watcher.seen(idsOf(placed), 'Paid', loadEnd + drainMs);
    return { placed, refused, took, paid };
  });
  const { placed, refused, took, paid } = paying.result;

  const windowMs = plan.windowSeconds * 1_000;
  const shipping = plan.life
    ? await withCpu(
        shop,
        async () => watcher.seen(idsOf(placed), 'Shipped', Math.max(Date.now(), loadEnd + windowMs) + drainMs),
        begun + windowMs,
      )
    : undefined;

  const cpuMs = sum(paying.cpuMs, shipping?.cpuMs ?? {});
  const since = (times: (order: Placed) => number | undefined): Percentiles =>
    percentiles(placed.map(times).filter((ms) => ms !== undefined));
  return {
    perSecond,
    orders: placed.length,
    refused,
    missing: placed.length - (shipping?.result ?? paid).size,
    answeredPerSecond: placed.length / took,
    answer: since(({ answeredMs }) => answeredMs),
    paid: since(({ id, sentAt }) => minus(paid.get(id)?.at, sentAt)),
    frame: since(({ id, sentAt }) => minus(paid.get(id)?.arrivedAt, sentAt)),
    ...(shipping && { shipped: since(({ id, sentAt }) => minus(shipping.result.get(id)?.at, sentAt + windowMs)) }),
    cpuMsPerOrder: total(cpuMs) / placed.length,
    cpuMs,
    sustained:
      refused === 0 &&
      placed.length / took > perSecond * 0.95 &&
      placed.every(({ id }) => (paid.get(id)?.at ?? Number.POSITIVE_INFINITY) <= loadEnd + sustainedWithinMs),
  };
};

const idsOf = (placed: Placed[]): string[] => placed.map(({ id }) => id);
const minus = (time: number | undefined, since: number): number | undefined => (time === undefined ? undefined : time - since);

/** Measures the CPU time of the stack from then on. */
const withCpu = async <Result>(
  { offset }: Shop,
  work: () => Promise<Result>,
  from = 0,
): Promise<{ result: Result; cpuMs: Record<string, number> }> => {
  await pause(Math.max(0, from - Date.now()));
  const before = await cpuOf(offset);
  const result = await work();
  const after = await cpuOf(offset);
  return { result, cpuMs: Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)])) };
};

const sum = (one: Record<string, number>, other: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(one).map(([name, ms]) => [name, ms + (other[name] ?? 0)]));
