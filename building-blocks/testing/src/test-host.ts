import { createLogger, type Host } from '@orderstream/service-host';

/**
 * The process that a component lives in, for a test that starts it alone. It logs nothing, or from `TEST_LOG_LEVEL` on,
 * and fails the test where the process would end.
 */
export const testHost = (over: Partial<Host> = {}): Host => ({
  name: 'test',
  log: createLogger('test', (process.env.TEST_LOG_LEVEL ?? 'silent') as 'silent'),
  isReady: async () => true,
  notReady: async () => [],
  stopping: new AbortController().signal,
  fail: (error) => {
    throw error;
  },
  ...over,
});
