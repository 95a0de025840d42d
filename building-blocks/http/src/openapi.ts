import { STATUS_CODES } from 'node:http';
import { Problem } from '@orderstream/contracts';
import { z } from 'zod';
import { isMediaType, type Route } from './api.js';

type Json = Record<string, unknown>;
type Io = 'input' | 'output';

type Server = { url: string; description?: string };

export type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  servers?: Server[];
  'x-who': string;
  security?: Json[];
  parameters?: Json[];
  requestBody?: Json;
  responses: Record<string, Json>;
};

export type OpenApiDocument = {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: Server[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
};

/** Schemas with `.meta({ id })` become components; one whose input and output differ has its input as `<id>Input`. */
const schemaCollector = () => {
  const schemas: Record<string, Json> = {};

  const named = (id: string, schema: Json, io: Io): string => {
    const known = schemas[id];
    if (known === undefined || JSON.stringify(known) === JSON.stringify(schema)) {
      schemas[id] = schema;
      return id;
    }
    const other = io === 'input' ? `${id}Input` : `${id}Output`;
    schemas[other] = schema;
    return other;
  };

  const withReferences = (value: unknown, names: Map<string, string>): unknown => {
    if (Array.isArray(value)) return value.map((item) => withReferences(item, names));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        if (key !== '$ref' || typeof member !== 'string') return [key, withReferences(member, names)];
        const id = member.replace(/^#\/\$defs\//, '');
        return [key, `#/components/schemas/${names.get(id) ?? id}`];
      }),
    );
  };

  const schemaOf = (schema: z.ZodType, io: Io): Json => {
    const {
      $schema: _dialect,
      $defs = {},
      ...root
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const { def } = zodSchema._zod;
        if (def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
        if (def.type === 'default') jsonSchema.default = def.defaultValue; // zod omits the default when the input has another type
      },
    }) as Json & { $defs?: Record<string, Json> };
    // two passes: references between definitions must use the final names
    const names = new Map<string, string>();
    for (const [id, { id: _id, ...definition }] of Object.entries($defs))
      names.set(id, named(id, withReferences(definition, names) as Json, io));
    const { id, ...inline } = root;
    const resolved = withReferences(inline, names) as Json;
    return typeof id === 'string' ? { $ref: `#/components/schemas/${named(id, resolved, io)}` } : resolved;
  };

  return { schemas, schemaOf };
};

type SchemaOf = (schema: z.ZodType, io: Io) => Json;

const parametersOf = (where: 'path' | 'query', schema: z.ZodType, schemaOf: SchemaOf): Json[] => {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...member }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: member,
  }));
};

const idempotencyKeyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repeat with the same key within 24 h gets the first answer again, and `Idempotent-Replayed: true`.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const ownPort: Server = { url: '/', description: "The service's own port: the gateway does not forward this route" };

const refusalsOf = ({ who, body, idempotent, path }: Route): number[] => [
  400,
  ...(who === 'anyone' ? [] : [401, 403]),
  ...(path.includes(':') ? [404] : []),
  ...(body ? [413, 415] : []),
  ...(idempotent ? [409] : []),
  ...(idempotent && who !== 'anyone' ? [422] : []), // keys are kept per user, so an anonymous caller cannot reuse one
];

const operationOf = (route: Route, schemaOf: SchemaOf): Operation => {
  const problem = (): Json => ({ 'application/problem+json': { schema: schemaOf(Problem, 'output') } });
  const parameters = [
    ...parametersOf('path', route.params, schemaOf),
    ...parametersOf('query', route.query, schemaOf),
    ...(route.idempotent ? [idempotencyKeyParameter] : []),
  ];
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    const description = STATUS_CODES[status] ?? 'Answer';
    if (answer === null) responses[status] = { description };
    else if (isMediaType(answer)) responses[status] = { description, content: { [answer.mediaType]: { schema: {} } } };
    else {
      const type = Number(status) < 400 ? 'application/json' : 'application/problem+json';
      responses[status] = { description, content: { [type]: { schema: schemaOf(answer, 'output') } } };
    }
  }
  for (const status of refusalsOf(route)) responses[status] ??= { description: STATUS_CODES[status] ?? 'Problem', content: problem() };
  responses.default = { description: 'Any other error', content: problem() };

  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    tags: [route.tag],
    ...(route.internal && { servers: [ownPort] }),
    'x-who': route.who,
    ...(route.who !== 'anyone' && { security: [{ accessToken: route.scope ? [route.scope] : [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
      },
    }),
    responses,
  };
};

/**
 * The OpenAPI 3.1 document of a service, from the same declarations as its router. `publicPrefix` precedes every path.
 */
export const openApiDocument = (title: string, routes: readonly Route[], publicPrefix = '/api'): OpenApiDocument => {
  const { schemas, schemaOf } = schemaCollector();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: { title, version: '1', description: 'Errors are RFC 9457 problem documents with a stable `code` and the `correlationId`.' },
    servers: [{ url: publicPrefix === '' ? '/' : publicPrefix }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of the platform (RS256).' },
      },
    },
  };
};
