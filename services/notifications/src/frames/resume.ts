/**
 * The position from which a client gets frames: after `after`. The backlog (`after`, `joint`] is read from the stream;
 * later frames arrive live.
 */
export type Start = { after: number; outcome: 'new' | 'resumed' | 'too-old' | 'from-the-future' };

type Bounds = { first: number; last: number };

/**
 * @param resumeFrom the last sequence that the client received
 * @param live the last sequence that this instance's live subscription handled; another instance may be ahead
 */
export const startOf = (resumeFrom: number | undefined, stream: Bounds, live: number): Start => {
  if (resumeFrom === undefined) return { after: live, outcome: 'new' };
  // the stream does not have this sequence: the server lost its state, so there is no position to resume from
  if (resumeFrom > Math.max(stream.last, live)) return { after: live, outcome: 'from-the-future' };
  if (resumeFrom < stream.first - 1) return { after: stream.first - 1, outcome: 'too-old' };
  return { after: resumeFrom, outcome: 'resumed' };
};

/**
 * Joins a backlog and live frames into one sequence without gap or repeat. Live frames wait until the backlog is read
 * up to the first of them. When too many wait, they are dropped, and the backlog is read up to the newest instead.
 *
 * @param after the client has everything up to here
 * @param joint every frame with a greater sequence is offered to `live`
 * @param send gets each frame once, in order
 */
export const spliced = <Frame extends { sequence: number }>(
  { after, joint, maxWaiting = 1_000 }: { after: number; joint: number; maxWaiting?: number },
  send: (frame: Frame) => void,
) => {
  let position = after;
  let readTo = after;
  let target = joint;
  let waiting: Frame[] = [];
  let isLive = readTo >= target;

  const pass = (frame: Frame): void => {
    if (frame.sequence <= position) return;
    position = frame.sequence;
    send(frame);
  };

  return {
    isLive: (): boolean => isLive,
    /**
     * The next range of the backlog to read, both ends inclusive. Undefined once all is read: from then on live frames
     * pass through.
     */
    nextRange: (): { fromSequence: number; toSequence: number } | undefined => {
      if (isLive) return undefined;
      if (readTo < target) {
        const range = { fromSequence: readTo + 1, toSequence: target };
        readTo = target;
        return range;
      }
      isLive = true;
      for (const frame of waiting) pass(frame);
      waiting = [];
      return undefined;
    },
    fromBacklog: pass,
    live: (frame: Frame): void => {
      if (isLive) pass(frame);
      else if (waiting.length < maxWaiting) waiting.push(frame);
      else {
        waiting = [];
        target = frame.sequence;
      }
    },
  };
};
