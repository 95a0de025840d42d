const mebibyte = 1_048_576;

/** How long a service may be silent, by the kind of route. */
export type TimeoutName = 'quick' | 'usual' | 'slow';

/** The limits of dear requests, which rate-limit.ts describes. */
export type LimitName = 'sign-in' | 'search' | 'order';

export type RouteRules = {
  timeout: TimeoutName;
  /** maximum bytes of the body */
  bodyLimit: number;
  /** in which the request counts, besides its caller's limit */
  limit: LimitName | undefined;
};

type Rule = { methods: readonly string[]; path: RegExp; query?: (query: string) => boolean } & Partial<RouteRules>;

const reads = ['GET', 'HEAD'];
const searches = (query: string): boolean => (new URLSearchParams(query).get('search') ?? '') !== '';

const usual: RouteRules = { timeout: 'usual', bodyLimit: mebibyte, limit: undefined };

/**
 * The routes that differ from the usual, by their path at the service. Services match paths in any case, with or without
 * a slash at the end.
 */
const rules: readonly Rule[] = [
  { methods: reads, path: /^\/(products|categories)(\/(?!dead-letters)|$)/i, timeout: 'quick' },
  { methods: reads, path: /^\/reports\//i, timeout: 'slow' },
  { methods: ['POST', 'DELETE'], path: /^\/\w+\/dead-letters\//i, timeout: 'slow' }, // replay everything behind a letter
  { methods: ['PUT'], path: /^\/products\/[^/]+\/image\/?$/i, bodyLimit: 2 * mebibyte },
  { methods: ['POST'], path: /^\/identity\/(register|oidc\/(token|forgotten|interaction\/.+))\/?$/i, limit: 'sign-in' },
  { methods: reads, path: /^\/products\/?$/i, query: searches, limit: 'search' },
  { methods: ['POST'], path: /^\/orders\/?$/i, limit: 'order' },
];

/** The rules of a request, by its method and its path and query at the service. */
export const rulesOf = (method: string, path: string, query: string): RouteRules => {
  let found = usual;
  for (const { methods, path: pattern, query: matches, ...differs } of rules)
    if (methods.includes(method) && pattern.test(path) && (matches?.(query) ?? true)) found = { ...found, ...differs };
  return found;
};
