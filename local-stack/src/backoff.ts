/**
 * How long a program that ended by itself stays down: fast at first, so that a killed one is soon back, then ever
 * slower, so that a broken one does not eat the machine.
 *
 * @param failures 1 for the first end after a steady run
 * @returns milliseconds, 200 doubling to 10 000
 */
export const restartDelayMs = (failures: number): number => Math.min(10_000, 200 * 2 ** (Math.max(1, failures) - 1));
