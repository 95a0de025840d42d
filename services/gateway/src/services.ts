import type { Config } from './config.js';

/** A service as the gateway knows it. */
export type Service = { name: string; url: URL; segments: readonly string[] };

type Urls = Pick<Config, 'IDENTITY_URL' | 'PRODUCTS_URL' | 'ORDERING_URL' | 'PAYMENT_URL' | 'REPORTS_URL' | 'NOTIFICATIONS_URL'>;

/** What is public under `/api`, by the first segment of the path; the first of them is where a service's documents are. */
export const publicServices = (urls: Urls): Service[] => [
  { name: 'identity', url: new URL(urls.IDENTITY_URL), segments: ['identity'] },
  { name: 'products', url: new URL(urls.PRODUCTS_URL), segments: ['products', 'categories'] },
  { name: 'ordering', url: new URL(urls.ORDERING_URL), segments: ['orders'] },
  { name: 'payment', url: new URL(urls.PAYMENT_URL), segments: ['payments'] },
  { name: 'reports', url: new URL(urls.REPORTS_URL), segments: ['reports'] },
  { name: 'notifications', url: new URL(urls.NOTIFICATIONS_URL), segments: ['notifications'] },
];

/** The service of a path below `/api`, such as `/orders/1?x=y`. */
export const serviceFinder = (services: readonly Service[]): ((path: string) => { service: Service; segment: string } | undefined) => {
  const bySegment = new Map(services.flatMap((service) => service.segments.map((segment) => [segment, service] as const)));
  return (path) => {
    const segment = /^\/([^/?]*)/.exec(path)?.[1] ?? '';
    const service = bySegment.get(segment);
    return service && { service, segment };
  };
};

const mebibyte = 1_048_576;

/** Most bytes of a request's body: 1 MiB, and 2 MiB for a product's image. */
export const bodyLimitOf = (method: string, path: string): number =>
  method === 'PUT' && /^\/products\/[^/?]+\/image(\?|$)/.test(path) ? 2 * mebibyte : mebibyte;
