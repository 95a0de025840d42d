/** What is measured on each fresh stack, and how often. */
export type Plan = {
  rounds: number;
  /** orders/s, one cell each */
  rates: number[];
  /** whether the highest rate that is sustained is looked for after these */
  findHighest: boolean;
  /** whether orders are followed until they are Shipped, not only until they are Paid */
  life: boolean;
  /** how long an order can be cancelled */
  windowSeconds: number;
  loadSeconds: number;
  warmUp: { perSecond: number; seconds: number };
};

/** A window of 86 000 s ends after the bench: the orders are Paid and stay so. */
export const planOf = ({ quick = false, life = false, rounds }: { quick?: boolean; life?: boolean; rounds: number }): Plan => ({
  rounds: quick ? 1 : rounds,
  rates: quick ? [5, 50] : [5, 50, 200],
  findHighest: !quick && !life,
  life,
  windowSeconds: life ? 60 : 86_000,
  loadSeconds: quick ? 7 : 8,
  warmUp: { perSecond: 40, seconds: quick ? 10 : 25 },
});

/** Nothing is waited for longer than this, in seconds. */
export const limits = {
  install: 600,
  build: 300,
  start: 300,
  catalogue: 20,
  warmUp: 60,
  drain: 20,
  answer: 20,
  hop: 120,
  stop: 60,
  reset: 30,
};

/** The sides to measure, in order: each round has all of them, and every other round has them the other way round. */
export const sitting = <Side>(sides: readonly Side[], rounds: number): { round: number; side: Side }[] =>
  Array.from({ length: rounds }, (_, index) => {
    const ordered = index % 2 === 0 ? sides : sides.toReversed();
    return ordered.map((side) => ({ round: index + 1, side }));
  }).flat();

/** A load that was tried. */
export type Tried = { perSecond: number; sustained: boolean };

const candidates = [
  ...Array.from({ length: 19 }, (_, n) => 10 + n * 10), // to 190
  ...Array.from({ length: 16 }, (_, n) => 200 + n * 20), // to 500
];

/** The highest rate that was sustained below all that were not: what a lucky try above a failed one says does not count. */
export const highestSustained = <One extends Tried>(tried: readonly One[]): One | undefined => {
  const failed = Math.min(...tried.flatMap(({ perSecond, sustained }) => (sustained ? [] : [perSecond])));
  return tried
    .filter(({ perSecond }) => perSecond < failed)
    .reduce<One | undefined>((best, one) => (best && best.perSecond > one.perSecond ? best : one), undefined);
};

/**
 * Bisection: what to try next to find the highest rate that is sustained.
 *
 * @returns undefined when it is found
 */
export const nextRate = (tried: readonly Tried[]): number | undefined => {
  const sustained = highestSustained(tried)?.perSecond ?? 0;
  const failed = Math.min(...tried.flatMap((one) => (one.sustained ? [] : [one.perSecond])));
  const open = candidates.filter((rate) => rate > sustained && rate < failed);
  return open[Math.floor(open.length / 2)];
};

/** Of the search that begins with the plan's rates tried: 15 candidates are left at most. */
const mostTries = 4;

/** How long a sitting takes, in seconds: on a machine that keeps up, and when every limit is reached. */
export const duration = (plan: Plan, sides: number): { usual: number; atMost: number } => {
  const { rounds, rates, findHighest, life, windowSeconds, loadSeconds, warmUp } = plan;
  const cells = rates.length + (findHighest ? mostTries : 0);
  const cell = (drain: number): number => loadSeconds + drain + (life ? windowSeconds + drain : 0);
  const warmUpSeconds = warmUp.seconds + (life ? windowSeconds : 0);
  const measurements = rounds * sides;
  const alone = sides === 1; // the hop, and a second start
  return {
    usual: sides * 60 + measurements * (50 + warmUpSeconds + 2 + cells * cell(4) + (alone ? 70 : 0)),
    atMost:
      sides * (limits.install + limits.build) +
      measurements *
        (limits.start +
          limits.catalogue +
          warmUpSeconds +
          limits.warmUp +
          cells * cell(limits.drain) +
          limits.stop +
          limits.reset +
          (alone ? limits.hop + limits.start + limits.stop : 0)),
  };
};
