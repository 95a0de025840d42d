import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

type Waiting<Item, Result> = { item: Item; size: number; resolve: (result: Result) => void; reject: (error: unknown) => void };

type Options = {
  /** Largest sum of the sizes in one batch. A single item may be larger: it is a batch of its own. */
  maxBatchSize: number;
  /**
   * How long to wait after a batch that took `tookMs`, before its callers get their results and may call again, so that
   * the next batch is larger. A batch that was at least half full does not wait. Default: 0.
   */
  lingerMs?: (tookMs: number) => number;
};

/**
 * Lingers as long as the batch took, between 15 and 40 ms, so that batches grow with the load. A batch of under 1 ms
 * does not linger.
 */
export const adaptiveLinger = (tookMs: number): number => (tookMs < 1 ? 0 : Math.min(Math.max(tookMs, 15), 40));

/**
 * Coalesces the requests of several callers, as DataLoader does: requests that arrive while a batch runs form the next
 * batch. One batch runs at a time. A request that arrives while none runs starts a batch at once.
 *
 * @param work returns one result for each item, in their order; its error rejects every request of the batch
 */
export const batcher = <Item, Result = undefined>(
  work: (items: Item[]) => Promise<readonly Result[]>,
  { maxBatchSize, lingerMs = () => 0 }: Options,
) => {
  const waiting: Waiting<Item, Result>[] = [];
  let running = false;

  const takeBatch = (): Waiting<Item, Result>[] => {
    let size = 0;
    const count = waiting.findIndex((one) => {
      size += one.size;
      return size > maxBatchSize;
    });
    return waiting.splice(0, count === -1 ? waiting.length : Math.max(1, count));
  };

  /**
   * Bound to the context that made the batcher: a batch serves several callers, so its log lines carry no caller's ids.
   */
  const runBatches = AsyncResource.bind(async (): Promise<void> => {
    running = true;
    await new Promise(setImmediate); // requests of the same turn, such as the partitions of one fetch, join the first batch
    while (waiting.length > 0) {
      const batch = takeBatch();
      const startedAt = performance.now();
      try {
        const results = await work(batch.map(({ item }) => item));
        const isHalfFull = batch.reduce((sum, { size }) => sum + size, 0) >= maxBatchSize / 2;
        const pauseMs = isHalfFull ? 0 : lingerMs(performance.now() - startedAt);
        if (pauseMs > 0) await sleep(pauseMs);
        for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  });

  return (item: Item, size = 1): Promise<Result> =>
    new Promise((resolve, reject) => {
      waiting.push({ item, size, resolve, reject });
      if (!running) void runBatches();
    });
};
