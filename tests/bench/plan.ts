/** The measurements on each fresh stack, and the number of rounds. */
export type Plan = {
  rounds: number;
  /** orders/s, one cell each */
  rates: number[];
  /** whether to search for the highest sustained rate after these */
  findHighest: boolean;
  /** whether to follow orders until they are Shipped, not only until they are Paid */
  life: boolean;
  /** what to measure instead of the rates: what logins do to the answers, or changes of baskets */
  instead?: 'logins' | 'baskets';
  /** how long an order can be cancelled */
  windowSeconds: number;
  loadSeconds: number;
  warmUp: { perSecond: number; seconds: number };
};

type Asked = { quick?: boolean; life?: boolean; logins?: boolean; baskets?: boolean; rounds: number };

const insteadOf = ({ logins, baskets }: Asked): Plan['instead'] => {
  if (logins) return 'logins';
  return baskets ? 'baskets' : undefined;
};

/** A hold window of 86 000 s ends after the bench, so the orders stay Paid. */
export const planOf = (asked: Asked): Plan => {
  const { quick = false, life = false, rounds } = asked;
  const instead = insteadOf(asked);
  return {
    rounds: quick ? 1 : rounds,
    rates: instead ? [] : quick ? [5, 50] : [5, 50, 200],
    findHighest: !quick && !life && !instead,
    life,
    ...(instead && { instead }),
    windowSeconds: life ? 60 : 86_000,
    loadSeconds: quick ? 7 : 8,
    warmUp: { perSecond: 40, seconds: quick ? 10 : 25 },
  };
};

/** The limits of all waits, in seconds. */
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

/** The sides to measure, in order: each round measures all of them, every other round in reverse order. */
export const sitting = <Side>(sides: readonly Side[], rounds: number): { round: number; side: Side }[] =>
  Array.from({ length: rounds }, (_, index) => {
    const ordered = index % 2 === 0 ? sides : sides.toReversed();
    return ordered.map((side) => ({ round: index + 1, side }));
  }).flat();

/** The result of a tried load. */
export type Tried = { perSecond: number; sustained: boolean };

const candidates = [
  ...Array.from({ length: 19 }, (_, n) => 10 + n * 10), // to 190
  ...Array.from({ length: 16 }, (_, n) => 200 + n * 20), // to 500
];

/** The highest sustained rate below all failed ones: a lucky try above a failed one does not count. */
export const highestSustained = <One extends Tried>(tried: readonly One[]): One | undefined => {
  const failed = Math.min(...tried.flatMap(({ perSecond, sustained }) => (sustained ? [] : [perSecond])));
  return tried
    .filter(({ perSecond }) => perSecond < failed)
    .reduce<One | undefined>((best, one) => (best && best.perSecond > one.perSecond ? best : one), undefined);
};

/**
 * Bisection: the next rate to try in the search for the highest sustained one.
 *
 * @returns undefined when it is found
 */
export const nextRate = (tried: readonly Tried[]): number | undefined => {
  const sustained = highestSustained(tried)?.perSecond ?? 0;
  const failed = Math.min(...tried.flatMap((one) => (one.sustained ? [] : [one.perSecond])));
  const open = candidates.filter((rate) => rate > sustained && rate < failed);
  return open[Math.floor(open.length / 2)];
};

/** The maximum tries after the plan's rates, which leave at most 15 candidates. */
const mostTries = 4;

/** The duration of a bench run, in seconds: usually, and when every limit is reached. */
export const duration = (plan: Plan, sides: number): { usual: number; atMost: number } => {
  const { rounds, rates, findHighest, life, instead, windowSeconds, loadSeconds, warmUp } = plan;
  const cells = rates.length + (findHighest ? mostTries : 0);
  const cell = (drain: number): number => loadSeconds + drain + (life ? windowSeconds + drain : 0);
  const warmUpSeconds = warmUp.seconds + (life ? windowSeconds : 0);
  const insteadSeconds = instead ? 120 : 0;
  const measurements = rounds * sides;
  const alone = sides === 1; // includes the hop and a second start
  return {
    usual: sides * 60 + measurements * (50 + warmUpSeconds + 2 + insteadSeconds + cells * cell(4) + (alone ? 70 : 0)),
    atMost:
      sides * (limits.install + limits.build) +
      measurements *
        (limits.start +
          limits.catalogue +
          warmUpSeconds +
          limits.warmUp +
          insteadSeconds +
          cells * cell(limits.drain) +
          limits.stop +
          limits.reset +
          (alone ? limits.hop + limits.start + limits.stop : 0)),
  };
};
