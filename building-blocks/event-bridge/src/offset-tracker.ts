/**
 * Finds the first message that is not finished, when messages finish in any order.
 *
 * @param done is told that everything before that offset is finished
 */
export const offsetTracker = (done: (offset: string) => void) => {
  const begun: string[] = []; // in order
  const finished = new Set<string>();
  let abandoned = false;

  return {
    begin: (offset: string): void => {
      begun.push(offset);
    },
    finish: (offset: string): void => {
      finished.add(offset);
      let last: string | undefined;
      while (begun[0] !== undefined && finished.delete(begun[0])) last = begun.shift();
      if (last !== undefined && !abandoned) done(String(BigInt(last) + 1n));
    },
    /** The partition is somebody else's, or is read anew: nothing more is said from here. */
    abandon: (): void => {
      abandoned = true;
    },
  };
};
