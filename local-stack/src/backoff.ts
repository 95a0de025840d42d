/**
 * The delay before a program that ended by itself is started again: short at first, so that a killed one is soon back,
 * then longer, so that a broken one does not use up the CPU.
 *
 * @param failures 1 for the first end after a steady run
 * @returns milliseconds, 200 doubling to 10 000
 */
export const restartDelayMs = (failures: number): number => Math.min(10_000, 200 * 2 ** (Math.max(1, failures) - 1));
