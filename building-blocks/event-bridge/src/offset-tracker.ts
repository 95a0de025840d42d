/**
 * Commits the offset of the first message that is not finished, when messages finish in any order. One commit is under way at a time; what
 * finishes meanwhile goes with the next.
 *
 * @param commit must not reject
 */
export const offsetTracker = (commit: (offset: string) => Promise<unknown>) => {
  const begun: string[] = []; // in order
  const finished = new Set<string>();
  let done: string | undefined;
  let committing = false;
  let abandoned = false;

  const commitWhatIsDone = async (): Promise<void> => {
    if (committing) return;
    committing = true;
    while (done !== undefined && !abandoned) {
      const next = String(BigInt(done) + 1n);
      done = undefined;
      await commit(next);
    }
    committing = false;
  };

  return {
    begin: (offset: string): void => {
      begun.push(offset);
    },
    finish: (offset: string): void => {
      finished.add(offset);
      while (begun[0] !== undefined && finished.delete(begun[0])) done = begun.shift();
      void commitWhatIsDone();
    },
    /** The partition is somebody else's, or is read anew: nothing more is committed from here. */
    abandon: (): void => {
      abandoned = true;
    },
  };
};
