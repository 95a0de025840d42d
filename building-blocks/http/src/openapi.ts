import { STATUS_CODES } from 'node:http';
import { Problem, platformScope } from '@orderstream/contracts';
import { z } from 'zod';
import { isMediaType, paramNames, type Route } from './api.js';
import { type ProblemAnswer, problemOf } from './problem.js';
import { refusalsOf } from './route-refusals.js';

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
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
};

const exampleCorrelationId = '0199a0f0-0000-7000-8000-000000000017';

const description =
  'Errors are RFC 9457 problem documents with a stable `code` and the `correlationId`. An unexpected error is a 500 `internal-error`.';

const ownPort: Server = { url: '/', description: "The service's own port: the gateway does not forward this route" };

/** One response for each status of these problems, with an example of each code. */
const problemResponses = (answers: ProblemAnswer[], schemaOf: SchemaOf): Record<string, Json> => {
  const responses: Record<string, Json> = {};
  for (const status of new Set(answers.map((answer) => answer.status))) {
    const same = answers.filter((answer) => answer.status === status);
    const headers = Object.assign({}, ...same.map((answer) => answer.headers)) as Record<string, string>;
    const examples = Object.fromEntries(same.map(({ problem }) => [problem.code, { value: problem }]));
    const schema = { ...schemaOf(Problem, 'output'), properties: { code: { enum: Object.keys(examples) } } };
    responses[status] = {
      description: STATUS_CODES[status] ?? 'Problem',
      ...(Object.keys(headers).length > 0 && {
        headers: Object.fromEntries(Object.entries(headers).map(([name, example]) => [name, { schema: { type: 'string' }, example }])),
      }),
      content: { 'application/problem+json': { schema, examples } },
    };
  }
  return responses;
};

/** The `id` of a created resource is the parameter of the operations on it. */
const linksOf = ({ path: collection }: Route, routes: readonly Route[]): Json => {
  const onCreated = routes.filter(({ path }) => path.startsWith(`${collection}/:`));
  return Object.fromEntries(
    onCreated.map(({ path, operationId }) => [
      operationId,
      { operationId, parameters: { [paramNames(path)[0] as string]: '$response.body#/id' } },
    ]),
  );
};

const hasId = (schema: z.ZodType): boolean => schema instanceof z.ZodObject && 'id' in schema.shape;

const operationOf = (route: Route, routes: readonly Route[], schemaOf: SchemaOf): Operation => {
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
      const links = Number(status) === 201 && hasId(answer) ? linksOf(route, routes) : {};
      responses[status] = {
        description,
        content: { 'application/json': { schema: schemaOf(answer, 'output') } },
        ...(Object.keys(links).length > 0 && { links }),
      };
    }
  }
  const problems = refusalsOf(route).map((refusal) => problemOf(refusal, exampleCorrelationId));
  Object.assign(responses, problemResponses(problems, schemaOf));

  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    tags: [route.tag],
    ...(route.internal && { servers: [ownPort] }),
    'x-who': route.who,
    ...(route.who !== 'anyone' && {
      security: [...(route.who === 'visitor' ? [{}] : []), { accessToken: [route.scope ?? platformScope] }],
    }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
      },
    }),
    ...(route.upload && {
      requestBody: { required: true, content: Object.fromEntries(route.upload.mediaTypes.map((type) => [type, { schema: {} }])) },
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
    paths[path] = { ...paths[path], [route.method]: operationOf(route, routes, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: { title, version: '1', description },
    servers: [{ url: publicPrefix === '' ? '/' : publicPrefix }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `An access token of the platform (RS256). A third party's client needs the named scope; \`${platformScope}\` is that of the platform's own clients, and includes all others.`,
        },
      },
    },
  };
};
