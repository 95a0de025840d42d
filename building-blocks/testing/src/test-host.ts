import { createLogger, type Host } from '@orderstream/service-host';

/**
 * The host for a test that starts one component. It logs nothing, or from `TEST_LOG_LEVEL` on, and throws where the
 * process would end.
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
