import { atRate, placeOrders } from './orders.js';
import { requestToken, type Shop } from './shop.js';
import { urlOf } from './stack.js';
import { type Percentiles, percentiles } from './stats.js';

/** What many logins do to the answers of POST /orders. Times in ms. */
export type BesideLogins = { ordersPerSecond: number; alone: Percentiles; beside: Percentiles; logins: Percentiles; refusedLogins: number };

const load = { ordersPerSecond: 5, loginsPerSecond: 20, seconds: 60 };

/** Places orders for a minute alone, then for a minute beside 20 logins/s. */
export const measureBesideLogins = async (shop: Shop): Promise<BesideLogins> => {
  const alone = await answersOf(shop);
  const logins: number[] = [];
  let refusedLogins = 0;
  const logIn = async (): Promise<void> => {
    const sentAt = Date.now();
    const answer = await requestToken(urlOf(shop.offset).gateway, 'alice@example.com').catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) logins.push(Date.now() - sentAt);
    else refusedLogins += 1;
  };
  const [beside] = await Promise.all([answersOf(shop), atRate(load.loginsPerSecond, load.seconds, logIn)]);
  return { ordersPerSecond: load.ordersPerSecond, alone, beside, logins: percentiles(logins), refusedLogins };
};

const answersOf = async (shop: Shop): Promise<Percentiles> => {
  const { placed, refused } = await placeOrders(shop, load.ordersPerSecond, load.seconds);
  if (refused > 0) throw new Error(`${refused} orders were refused`);
  return percentiles(placed.map(({ answeredMs }) => answeredMs));
};

export const besideLoginsLine = ({ ordersPerSecond, alone, beside, logins, refusedLogins }: BesideLogins): string =>
  [
    `  answers at ${ordersPerSecond} orders/s, ms: p50 ${alone.p50}, p99 ${alone.p99}`,
    `beside ${load.loginsPerSecond} logins/s p50 ${beside.p50}, p99 ${beside.p99} (${(beside.p99 / alone.p99).toFixed(2)} times)`,
    `logins p50 ${logins.p50}, p99 ${logins.p99}, ${refusedLogins} refused`,
  ].join(' │ ');
