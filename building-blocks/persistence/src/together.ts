import { setTimeout as sleep } from 'node:timers/promises';

type Waiting<Item> = { item: Item; size: number; resolve: () => void; reject: (error: unknown) => void };

type Options = {
  /** how much, by `size`, is done in one go; a single item may be larger */
  most: number;
  /** the longest pause after a go, in ms (0) */
  breatherMs?: number;
};

/**
 * Does the work of several callers in one go: whatever was asked for meanwhile is done together, one go at a time. A go is followed by a
 * pause as long as it took, `breatherMs` at most, so that the busier it gets the more is done at once; a lone caller's work begins at once.
 */
export const together = <Item>(work: (items: Item[]) => Promise<void>, { most, breatherMs = 0 }: Options) => {
  const waiting: Waiting<Item>[] = [];
  let working = false;

  const take = (): Waiting<Item>[] => {
    let size = 0;
    const count = waiting.findIndex((one) => {
      size += one.size;
      return size > most;
    });
    return waiting.splice(0, count === -1 ? waiting.length : Math.max(1, count));
  };

  const workThrough = async (): Promise<void> => {
    working = true;
    await new Promise(setImmediate); // the partitions of one fetch come one by one in the same turn
    while (waiting.length > 0) {
      const group = take();
      const begun = performance.now();
      try {
        await work(group.map(({ item }) => item));
        const tookMs = performance.now() - begun;
        if (breatherMs > 0) await sleep(Math.min(tookMs, breatherMs));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    working = false;
  };

  return (item: Item, size: number): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ item, size, resolve, reject });
      if (!working) void workThrough();
    });
};
