const startedAt = Date.now();

/** One line of progress, with the seconds since the start; reads the same on a terminal and in a log file. */
export const say = (line: string): void => console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
