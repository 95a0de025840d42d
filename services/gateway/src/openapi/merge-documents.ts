import type { Json, OpenApiDocument, Operation } from './document.js';
import { gatewayResponses, withGatewayResponses } from './gateway-refusals.js';

/** A service's own document, or nothing while the service is away. */
export type Part = { service: string; document: OpenApiDocument | undefined };

export type MergeOptions = {
  /** the issuer of access tokens; without it there is no log-in */
  issuer?: string | undefined;
  /** the public path of a path at the service; nothing when the gateway does not forward it */
  publicPath: (service: string, path: string) => string | undefined;
};

const scopes = {
  openid: 'who the user is',
  platform: 'everything that the user may do; for clients of the platform itself',
  'orders:read': 'read orders',
  'orders:write': 'place and change orders',
  'catalogue:write': 'change products, categories and stock',
  'reports:read': 'read reports',
};

/**
 * One document of the whole platform: every service is a tag, and every operation names what the gateway itself may
 * answer. Operation ids stay unique, and a schema is renamed when another service has a different one of its name.
 */
export const mergeDocuments = (parts: readonly Part[], { issuer, publicPath }: MergeOptions): Json => {
  const schemas = new Map<string, Json>();
  const paths: Record<string, Record<string, Operation>> = {};
  const operationIds = new Set<string>();

  for (const { service, document } of parts) {
    if (!document) continue;
    const names = namesFor(service, document.components?.schemas ?? {}, schemas);
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {}))
      schemas.set(names.get(name) ?? name, withReferences(schema, names) as Json);
    for (const [path, operations] of Object.entries(document.paths)) {
      const merged = publicPath(service, path);
      if (merged === undefined) continue;
      for (const [method, operation] of Object.entries(operations)) {
        const { servers: _own, ...kept } = withReferences(operation, names) as Operation;
        const operationId = operationIds.has(kept.operationId) ? `${kept.operationId}${capitalised(service)}` : kept.operationId;
        operationIds.add(operationId);
        paths[merged] = {
          ...paths[merged],
          [method]: {
            ...kept,
            operationId,
            tags: [service],
            responses: withGatewayResponses(kept),
            ...(kept.security && { security: securityOf(kept.security, issuer) }),
          },
        };
      }
    }
  }

  const missing = parts.filter(({ document }) => !document).map(({ service }) => service);
  return {
    openapi: '3.1.0',
    info: { title: 'Orderstream', version: '1', description: descriptionOf(missing), 'x-missing-services': missing },
    servers: [{ url: '/' }],
    tags: parts.flatMap(({ service, document }) => (document ? [{ name: service, description: document.info.title }] : [])),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => a.localeCompare(b))),
      responses: gatewayResponses(schemas.has('Problem') ? { $ref: '#/components/schemas/Problem' } : { type: 'object' }),
      securitySchemes: securitySchemes(issuer),
    },
  };
};

const descriptionOf = (missing: readonly string[]): string =>
  `Errors are RFC 9457 problem documents with a stable \`code\` and the \`correlationId\`.${
    missing.length === 0 ? '' : ` Without ${missing.join(', ')}, which cannot be reached at the moment.`
  }`;

const securitySchemes = (issuer: string | undefined): Json => ({
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of the platform (RS256).' },
  ...(issuer && {
    logIn: {
      type: 'oauth2',
      description: 'Log in as a user; with PKCE.',
      flows: {
        authorizationCode: { authorizationUrl: `${issuer}/auth`, tokenUrl: `${issuer}/token`, scopes, 'x-usePkce': 'SHA-256' },
      },
    },
  }),
});

/** An access token, or a log-in that gets one: with the scope that the operation names, or as a client of the platform. */
const securityOf = (security: Record<string, string[]>[], issuer: string | undefined): Record<string, string[]>[] =>
  security.flatMap((requirement) => {
    const { accessToken } = requirement;
    if (!accessToken || !issuer) return [requirement];
    return [requirement, { logIn: accessToken.length > 0 ? accessToken : ['platform'] }];
  });

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const schemaReference = '#/components/schemas/';

const withReferences = (value: unknown, names: ReadonlyMap<string, string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key !== '$ref' || typeof member !== 'string' || !member.startsWith(schemaReference)) return [key, withReferences(member, names)];
      const name = member.slice(schemaReference.length);
      return [key, schemaReference + (names.get(name) ?? name)];
    }),
  );
};

const refersTo = (schema: Json, names: ReadonlyMap<string, string>): boolean =>
  [...names.keys()].some((name) => JSON.stringify(schema).includes(`"$ref":"${schemaReference}${name}"`));

/**
 * New names for those of a service's schemas that differ from the known ones of the same name, directly or in what they
 * refer to.
 */
const namesFor = (service: string, own: Record<string, Json>, known: ReadonlyMap<string, Json>): Map<string, string> => {
  const names = new Map<string, string>();
  const differs = ([name, schema]: [string, Json]): boolean =>
    !names.has(name) && known.has(name) && (JSON.stringify(known.get(name)) !== JSON.stringify(schema) || refersTo(schema, names));
  for (let found = Object.entries(own).filter(differs); found.length > 0; found = Object.entries(own).filter(differs))
    for (const [name] of found) names.set(name, capitalised(service) + name);
  return names;
};
