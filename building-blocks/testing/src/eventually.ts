type Options = { timeoutMs?: number; everyMs?: number };

/**
 * Tries until the assertions in `attempt` hold, and returns its result. Tests have no fixed sleeps, but a condition and
 * a deadline.
 *
 * @param timeoutMs 10 000 by default; after it the last failure is thrown
 */
export const eventually = async <Result>(
  attempt: () => Result | Promise<Result>,
  { timeoutMs = 10_000, everyMs = 25 }: Options = {},
): Promise<Result> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
};
