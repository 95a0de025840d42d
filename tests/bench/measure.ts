import { type BasketChanges, basketChangesLine, measureBasketChanges } from './baskets.js';
import { type BesideLogins, besideLoginsLine, measureBesideLogins } from './logins.js';
import { type Cell, measureCell, placeOrders } from './orders.js';
import { highestSustained, limits, nextRate, type Plan } from './plan.js';
import { cellLine } from './report.js';
import { openShop, type Shop } from './shop.js';
import { memoryOf, total } from './stack.js';
import { type Watcher, watchOrders } from './watcher.js';

/** The results of one stack. */
export type Measurement = {
  cells: Cell[];
  highest?: Cell;
  besideLogins?: BesideLogins;
  basketChanges?: BasketChanges;
  memoryMb: number;
  memoryAfterLoadMb: number;
};

/** Measures a running stack, cell by cell. */
export const measure = async (offset: number, plan: Plan, say: (line: string) => void): Promise<Measurement> => {
  const memoryMb = total(await memoryOf(offset));
  const shop = await openShop(offset);
  const watcher = await watchOrders(offset, shop.token);
  try {
    await warmUp(shop, watcher, plan, say);
    const cell = async (perSecond: number): Promise<Cell> => {
      const measured = await measureCell(shop, watcher, perSecond, plan);
      say(cellLine(measured));
      return measured;
    };
    const cells: Cell[] = [];
    for (const rate of plan.rates) cells.push(await cell(rate));
    const highest = plan.findHighest ? await findHighest(cells, cell) : undefined;
    if (plan.findHighest) say(`  highest rate that is sustained: ${highest ? `${highest.perSecond} orders/s` : 'none'}`);
    const besideLogins = plan.instead === 'logins' ? await measureBesideLogins(shop) : undefined;
    if (besideLogins) say(besideLoginsLine(besideLogins));
    const basketChanges = plan.instead === 'baskets' ? await measureBasketChanges(shop) : undefined;
    if (basketChanges) say(basketChangesLine(basketChanges));
    return {
      cells,
      ...(highest && { highest }),
      ...(besideLogins && { besideLogins }),
      ...(basketChanges && { basketChanges }),
      memoryMb,
      memoryAfterLoadMb: total(await memoryOf(offset)),
    };
  } finally {
    watcher.close();
  }
};

const findHighest = async (cells: Cell[], cell: (perSecond: number) => Promise<Cell>): Promise<Cell | undefined> => {
  const tried = [...cells];
  for (let rate = nextRate(tried); rate !== undefined; rate = nextRate(tried)) tried.push(await cell(rate));
  return highestSustained(tried);
};

/**
 * Warms up the JIT compilers. Waits until all hold windows are over, because they would otherwise end during the cells.
 */
const warmUp = async (shop: Shop, watcher: Watcher, plan: Plan, say: (line: string) => void): Promise<void> => {
  const { placed } = await placeOrders(shop, plan.warmUp.perSecond, plan.warmUp.seconds);
  const ids = placed.map(({ id }) => id);
  const [status, waitSeconds] = plan.life ? (['Shipped', plan.windowSeconds + limits.warmUp] as const) : (['Paid', limits.warmUp] as const);
  const seen = await watcher.seen(ids, status, Date.now() + waitSeconds * 1_000);
  const missing = ids.length - seen.size;
  say(`  warmed up with ${ids.length} orders${missing > 0 ? `, ${missing} of them not ${status} after ${waitSeconds} s` : ''}`);
};
