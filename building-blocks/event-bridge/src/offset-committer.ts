import { setTimeout as sleep } from 'node:timers/promises';

type Offset = { topic: string; partition: number; offset: string };

/**
 * Commits offsets behind the work, many partitions at a time: nothing waits for it, for what a crash leaves uncommitted comes again and the
 * inbox knows it.
 *
 * @param commit a rejection is swallowed: the next commit, or the next member, says the same or more
 */
export const offsetCommitter = (commit: (offsets: Offset[]) => Promise<void>, { everyMs = 500 } = {}) => {
  let done = new Map<string, Offset>();
  let committing = false;

  const commitOnce = async (): Promise<void> => {
    const offsets = [...done.values()];
    done = new Map();
    if (offsets.length > 0) await commit(offsets).catch(() => {});
  };
  const keepCommitting = async (): Promise<void> => {
    committing = true;
    while (done.size > 0) {
      await sleep(everyMs);
      await commitOnce();
    }
    committing = false;
  };

  return {
    /** Everything before `offset` is done. */
    done: (offset: Offset): void => {
      done.set(`${offset.topic}/${offset.partition}`, offset);
      if (!committing) void keepCommitting();
    },
    /** Nothing of these is ours any more. */
    forget: (): void => done.clear(),
    /** Commits what is done. */
    flush: commitOnce,
  };
};
