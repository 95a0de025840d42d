import { randomBytes } from 'node:crypto';
import { atRate, send } from './orders.js';
import type { Shop } from './shop.js';
import { urlOf } from './stack.js';
import { type Percentiles, percentiles } from './stats.js';

/** The answers to changes of visitors' baskets, in ms. */
export type BasketChanges = { perSecond: number; answers: Percentiles; refused: number };

const load = { perSecond: 500, seconds: 20, warmUpSeconds: 30, baskets: 500 };

/** Changes baskets at random, each one line of one basket, at basket's own port: the gateway has its own measurements. */
export const measureBasketChanges = async ({ offset, productIds }: Shop): Promise<BasketChanges> => {
  const sessions = Array.from({ length: load.baskets }, () => randomBytes(16).toString('base64url'));
  let answers: number[] = [];
  let refused = 0;
  const change = async (n: number): Promise<void> => {
    const headers = { 'x-session-id': sessions[n % sessions.length]! };
    const productId = productIds[n % 7]!;
    const sentAt = performance.now();
    const answer = await send(`${urlOf(offset).basket}/basket/items/${productId}`, {
      method: 'PUT',
      headers,
      body: { quantity: 1 + (n % 9) },
    }).catch(() => undefined);
    if (answer?.status === 200) answers.push(performance.now() - sentAt);
    else refused += 1;
  };
  await atRate(load.perSecond, load.warmUpSeconds, change);
  answers = [];
  await atRate(load.perSecond, load.seconds, change);
  return { perSecond: load.perSecond, answers: percentiles(answers), refused };
};

export const basketChangesLine = ({ perSecond, answers, refused }: BasketChanges): string =>
  `  ${perSecond} changes of baskets/s, answers in ms: p50 ${answers.p50}, p90 ${answers.p90}, p99 ${answers.p99}, ${refused} refused`;
