export type Percentiles = { count: number; p50: number; p90: number; p99: number; max: number };

/** Nearest-rank percentiles, in the unit of the values, to a tenth. */
export const percentiles = (values: readonly number[]): Percentiles => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => Math.round((sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
};

export type Spread = { min: number; median: number; max: number };

/** The ratios of pairs from the same round. A pair with a missing value or a zero divisor does not count. */
export const ratios = (pairs: readonly { here: number | undefined; other: number | undefined }[]): Spread => {
  const sorted = pairs
    .flatMap(({ here, other }) => (here !== undefined && other && Number.isFinite(here / other) ? [here / other] : []))
    .sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
};
