import { createLogger, type Host } from '@orderstream/service-host';

/**
 * The process that a component lives in, for a test that starts it alone. It logs nothing, and fails the test where the
 * process would end.
 */
export const testHost = (): Host => ({
  name: 'test',
  log: createLogger('test', 'silent'),
  isReady: async () => true,
  notReady: async () => [],
  stopping: new AbortController().signal,
  fail: (error) => {
    throw error;
  },
});
