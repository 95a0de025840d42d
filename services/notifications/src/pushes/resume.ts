/** Where a client begins: at `after`, with the backlog (`after`, `joint`] read from the stream and everything later live. */
export type Start = { after: number; outcome: 'new' | 'resumed' | 'too-old' | 'from-the-future' };

type Bounds = { first: number; last: number };

/**
 * @param resumeFrom the last sequence that the client saw
 * @param live the last sequence that this instance's live subscription handled; another instance may be further
 */
export const startOf = (resumeFrom: number | undefined, stream: Bounds, live: number): Start => {
  if (resumeFrom === undefined) return { after: live, outcome: 'new' };
  // what the client saw is not in the stream (any more): the server lost its state, and there is nothing to go on from
  if (resumeFrom > Math.max(stream.last, live)) return { after: live, outcome: 'from-the-future' };
  if (resumeFrom < stream.first - 1) return { after: stream.first - 1, outcome: 'too-old' };
  return { after: resumeFrom, outcome: 'resumed' };
};

/**
 * Puts a backlog and live pushes into one sequence without gap or repeat: live pushes wait until the backlog is read up to where they begin.
 * When too many wait, they are let go, and the backlog is read further instead.
 *
 * @param after the client has everything up to here
 * @param joint every later push is offered live
 * @param send is handed each push once, in order
 */
export const spliced = <Push extends { sequence: number }>(
  { after, joint, maxWaiting = 1_000 }: { after: number; joint: number; maxWaiting?: number },
  send: (push: Push) => void,
) => {
  let position = after;
  let readTo = after;
  let target = joint;
  let waiting: Push[] = [];
  let isLive = readTo >= target;

  const pass = (push: Push): void => {
    if (push.sequence <= position) return;
    position = push.sequence;
    send(push);
  };

  return {
    isLive: (): boolean => isLive,
    /** What is to be read of the backlog now, both inclusive; none when all is read, and from then on what is live goes through. */
    nextRange: (): { fromSequence: number; toSequence: number } | undefined => {
      if (isLive) return undefined;
      if (readTo < target) {
        const range = { fromSequence: readTo + 1, toSequence: target };
        readTo = target;
        return range;
      }
      isLive = true;
      for (const push of waiting) pass(push);
      waiting = [];
      return undefined;
    },
    fromBacklog: pass,
    live: (push: Push): void => {
      if (isLive) pass(push);
      else if (waiting.length < maxWaiting) waiting.push(push);
      else {
        waiting = [];
        target = push.sequence;
      }
    },
  };
};
