/**
 * Random numbers in [0, 1) that are the same in every run, for input that only has to be mixed. A property's input comes
 * from fast-check, which names its seed when it fails.
 *
 * @see T. Ettinger, "mulberry32", 2017
 */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
