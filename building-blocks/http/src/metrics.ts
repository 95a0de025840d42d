import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Histogram, register } from 'prom-client';

let requestDuration: Histogram<'method' | 'route' | 'status'> | undefined;

/**
 * `http_request_duration_seconds{method,route,status}`; `route` is the declared path, never the URL, so that there are
 * few labels.
 */
export const observeRequest = (method: string, route: string, status: number, seconds: number): void => {
  requestDuration ??= new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took to answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  requestDuration.labels(method, route, String(status)).observe(seconds);
};

/**
 * The interval between two samples of the event loop delay, which includes the interval. Each sample wakes the process
 * up.
 */
const delayResolutionMs = 100;

let collecting = false;

/** The process's own metrics, registered once for all servers of the process. */
export const collectProcessMetrics = (): void => {
  if (collecting) return;
  collecting = true;
  collectDefaultMetrics({ eventLoopMonitoringPrecision: delayResolutionMs });
};

export const renderMetrics = async (): Promise<{ contentType: string; text: string }> => ({
  contentType: register.contentType,
  text: await register.metrics(),
});

/** The mean delay of the event loop over the last 10 to 20 s, in ms. */
export const eventLoopDelay = (): { meanMs(): number; stop(): void } => {
  const current = monitorEventLoopDelay({ resolution: delayResolutionMs });
  current.enable();
  let previousMean = 0;
  const mean = (): number => (Number.isFinite(current.mean) ? Math.max(0, current.mean / 1e6 - delayResolutionMs) : 0);
  const turn = setInterval(() => {
    previousMean = mean();
    current.reset();
  }, 10_000).unref();
  return {
    meanMs: () => Math.max(mean(), previousMean),
    stop: () => {
      clearInterval(turn);
      current.disable();
    },
  };
};
