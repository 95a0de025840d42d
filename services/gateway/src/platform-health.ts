import type { Service } from './services.js';

export type ServiceHealth = { name: string; status: 'ready' | 'not-ready'; notReady: string[] };
export type PlatformHealth = { status: 'ready' | 'not-ready'; notReady: string[]; services: ServiceHealth[] };

type Options = { services: readonly Service[]; timeoutMs?: number; keptMs?: number; now?: () => number };

/** Asks all services whether they are ready, at most once a second. */
export const platformHealth = ({
  services,
  timeoutMs = 1_000,
  keptMs = 1_000,
  now = Date.now,
}: Options): (() => Promise<PlatformHealth>) => {
  let askedAt = Number.NEGATIVE_INFINITY;
  let current: Promise<PlatformHealth> | undefined;

  const ask = async (): Promise<PlatformHealth> => {
    const health = await Promise.all(services.map((service) => healthOf(service, timeoutMs)));
    const notReady = health.filter(({ status }) => status !== 'ready').map(({ name }) => name);
    return { status: notReady.length === 0 ? 'ready' : 'not-ready', notReady, services: health };
  };

  return () => {
    if (!current || now() - askedAt > keptMs) {
      askedAt = now();
      current = ask();
    }
    return current;
  };
};

const healthOf = async ({ name, url }: Service, timeoutMs: number): Promise<ServiceHealth> => {
  try {
    const answer = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(timeoutMs) });
    const { notReady = [] } = (await answer.json()) as { notReady?: string[] };
    return { name, status: answer.status === 200 ? 'ready' : 'not-ready', notReady };
  } catch {
    return { name, status: 'not-ready', notReady: ['unreachable'] };
  }
};
