import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

type Waiting<Item, Result> = { item: Item; size: number; resolve: (result: Result) => void; reject: (error: unknown) => void };

type Options = {
  /** how much, by `size`, is done in one go; a single item may be larger */
  most: number;
  /** how long to pause after a go that took so long, both in ms, before its callers are answered and may come again (not at all) */
  breather?: (tookMs: number) => number;
};

/** A pause as long as the go, 15 to 40 ms: the busier it gets the more is done at once. What took no time at all needs no rest. */
export const asLongAsItTook = (tookMs: number): number => (tookMs < 1 ? 0 : Math.min(Math.max(tookMs, 15), 40));

/**
 * Does the work of several callers in one go: whatever was asked for meanwhile is done together, one go at a time. A go may be followed by
 * a pause; a lone caller's work begins at once.
 *
 * @param work answers each item, in their order; what it throws is thrown to all of them
 */
export const together = <Item, Result = undefined>(
  work: (items: Item[]) => Promise<readonly Result[]>,
  { most, breather = () => 0 }: Options,
) => {
  const waiting: Waiting<Item, Result>[] = [];
  let working = false;

  const take = (): Waiting<Item, Result>[] => {
    let size = 0;
    const count = waiting.findIndex((one) => {
      size += one.size;
      return size > most;
    });
    return waiting.splice(0, count === -1 ? waiting.length : Math.max(1, count));
  };

  /** Bound to where this was made: what is done for several is logged as nobody's. */
  const workThrough = AsyncResource.bind(async (): Promise<void> => {
    working = true;
    await new Promise(setImmediate); // what comes in the same turn, such as the partitions of one fetch
    while (waiting.length > 0) {
      const group = take();
      const begun = performance.now();
      try {
        const results = await work(group.map(({ item }) => item));
        const pauseMs = breather(performance.now() - begun);
        if (pauseMs > 0) await sleep(pauseMs);
        for (const [index, { resolve }] of group.entries()) resolve(results[index]!);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    working = false;
  });

  return (item: Item, size = 1): Promise<Result> =>
    new Promise((resolve, reject) => {
      waiting.push({ item, size, resolve, reject });
      if (!working) void workThrough();
    });
};
