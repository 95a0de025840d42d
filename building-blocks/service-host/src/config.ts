import { z } from 'zod';

/** A whole number, e.g. `envInt({ min: 0 }).default(600).describe('…, s')`. */
export const envInt = ({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z
    .string()
    .regex(/^\s*-?\d+\s*$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));

export const envNumber = ({ min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = {}) =>
  z
    .string()
    .regex(/^\s*-?(\d+\.?\d*|\.\d+)\s*$/, 'must be a number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

export const envBoolean = () =>
  z.enum(['true', 'false', '1', '0'], { error: 'must be true or false' }).transform((value) => value === 'true' || value === '1');

/** A list of texts separated by commas, at least one; blanks around items and empty items are dropped. */
export const envList = () =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .pipe(z.array(z.string()).min(1, 'must name at least one'));

/** An absolute URL, without a slash at its end. `protocols` as in `['http', 'https']`. */
export const envUrl = (protocols: readonly string[] = ['http', 'https']) =>
  z
    .string()
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
      error: `must be a URL (${protocols.join(', ')})`,
    })
    .transform((value) => value.replace(/\/+$/, ''));

/** The variables of `runService`; part of `HttpConfig`. */
export const ProcessConfig = {
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('minimum level that is logged'),
  SHUTDOWN_GRACE_MS: envInt({ min: 0, max: 600_000 }).default(10_000).describe('longest time to finish current work when stopping, ms'),
};

/**
 * Shapes to spread into a service's `Config`: `z.object({ ...HttpConfig, ...DatabaseConfig, HOLD_WINDOW_SECONDS:
 * envInt()… })`.
 */
export const HttpConfig = {
  ...ProcessConfig,
  PORT: envInt({ min: 0, max: 65_535 }).describe('TCP port to listen on'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
};

export const AuthConfig = {
  OIDC_ISSUER: envUrl().describe('issuer that access tokens must name (public URL)'),
  OIDC_AUDIENCE: z.string().describe('audience that access tokens must name'),
  OIDC_JWKS_URL: envUrl().describe("where the issuer's public keys are read"),
  OIDC_REVOCATIONS_URL: envUrl().describe('where the issuer lists the access tokens that are no longer accepted'),
};

export const DatabaseConfig = {
  DATABASE_URL: envUrl(['postgres', 'postgresql']).describe("the service's own Postgres database"),
  DATABASE_POOL_MAX: envInt({ min: 1, max: 1_000 }).default(10).describe('most connections to the database'),
};

export const KafkaConfig = { KAFKA_BROKERS: envList().describe('Kafka brokers, host:port separated by commas') };

export const NatsConfig = { NATS_URL: envUrl(['nats', 'tls', 'ws', 'wss']).describe('NATS server') };

export const ElasticsearchConfig = { ELASTICSEARCH_URL: envUrl().describe('Elasticsearch') };

type Environment = Record<string, string | undefined>;
type ConfigSchema = z.ZodObject;

/**
 * One line for each variable that is missing or malformed, with its description; never its value, which may be a
 * secret.
 */
export const configProblems = (schema: ConfigSchema, env: Environment, issues: z.core.$ZodIssue[]): string[] => {
  const byName = new Map<string, string>();
  for (const { path, message } of issues) {
    const name = String(path[0] ?? '');
    if (!byName.has(name)) byName.set(name, env[name] === undefined ? 'is missing' : message);
  }
  return [...byName].map(([name, problem]) => {
    const description = (schema.shape[name] as z.ZodType | undefined)?.description;
    return `${name} ${problem}${description ? ` (${description})` : ''}`;
  });
};

/**
 * Parses the environment; an empty variable counts as missing. Names every missing or malformed one on stderr and exits
 * 1.
 */
export const loadConfig = <Schema extends ConfigSchema>(schema: Schema, env: Environment = process.env): z.output<Schema> => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = configProblems(schema, given, parsed.error.issues);
  process.stderr.write(`The configuration is not complete:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
  process.exit(1);
};
