import type { Config } from './config.js';
import { type RouteRules, rulesOf } from './route-rules.js';

/** A service behind the gateway. */
export type Service = {
  name: string;
  url: URL;
  /** the first segments of its paths under `/api`; its documents are under the first of them */
  segments: readonly string[];
};

type Urls = Pick<
  Config,
  'IDENTITY_URL' | 'PRODUCTS_URL' | 'BASKET_URL' | 'ORDERING_URL' | 'PAYMENT_URL' | 'REPORTS_URL' | 'NOTIFICATIONS_URL'
>;

/** Every service has a segment of its own name; resources have segments of theirs. */
export const publicServices = (urls: Urls): Service[] => [
  { name: 'identity', url: new URL(urls.IDENTITY_URL), segments: ['identity'] },
  { name: 'products', url: new URL(urls.PRODUCTS_URL), segments: ['products', 'categories'] },
  { name: 'basket', url: new URL(urls.BASKET_URL), segments: ['basket'] },
  { name: 'ordering', url: new URL(urls.ORDERING_URL), segments: ['orders', 'ordering'] },
  { name: 'payment', url: new URL(urls.PAYMENT_URL), segments: ['payments', 'payment'] },
  { name: 'reports', url: new URL(urls.REPORTS_URL), segments: ['reports'] },
  { name: 'notifications', url: new URL(urls.NOTIFICATIONS_URL), segments: ['notifications'] },
];

/** The destination of a request and its limits, decided once. */
export type Destination = RouteRules & {
  service: Service;
  /** its label in the metrics */
  route: string;
  /** what is removed from the path: `/api`, or nothing */
  prefix: string;
  /** the path at the service: without the prefix */
  path: string;
};

/** Paths of identity outside `/api`, for a browser's session. They stay as they are. */
const sessionPath = /^\/(session\/|signed-out$)/;

/** Empty segments, dot segments, escaped slashes and dots, backslashes: some servers normalise them, others do not. */
const ambiguous = /\/\/|\/\.{1,2}(\/|$)|%2e|%2f|%5c|\\/i;

/**
 * Finds the destination of a request by its method and its target in origin form, such as `/api/orders/1?x=y`;
 * `undefined` when no service has the path.
 */
export const destinationFinder = (services: readonly Service[]): ((method: string, target: string) => Destination | undefined) => {
  const bySegment = new Map(services.flatMap((service) => service.segments.map((segment) => [segment, service] as const)));
  const identity = bySegment.get('identity');
  return (method, target) => {
    const [, prefix = '', path = '', segment = '', query = ''] = /^(\/api)?(\/([^/?]*)[^?]*)(\?.*)?$/.exec(target) ?? [];
    const service = prefix === '' ? sessionPath.test(path) && identity : bySegment.get(segment);
    if (!service || ambiguous.test(path)) return undefined;
    return {
      ...rulesOf(method, path, query),
      service,
      route: `${prefix}/${segment}`,
      prefix,
      path: path + query,
    };
  };
};
