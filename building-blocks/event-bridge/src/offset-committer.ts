import { setTimeout as sleep } from 'node:timers/promises';

type Offset = { topic: string; partition: number; offset: string };

/**
 * Commits offsets in the background, for many partitions at a time. Handlers do not wait for it: after a crash,
 * uncommitted messages are delivered again, and the inbox drops them.
 *
 * @param commit its rejection is swallowed, because a later commit covers the same offsets
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
    /** Forgets all offsets, after the partitions were assigned anew. */
    forget: (): void => done.clear(),
    /** Commits what is done. */
    flush: commitOnce,
  };
};
