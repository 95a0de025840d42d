import { STATUS_CODES } from 'node:http';
import { isTransient } from '@orderstream/async';
import {
  Conflict,
  Forbidden,
  Invalid,
  NotFound,
  PreconditionFailed,
  type Problem,
  Refusal,
  Unauthenticated,
  Unavailable,
  Unprocessable,
} from '@orderstream/contracts';

const statusByClass: [new (...args: never[]) => Refusal, number][] = [
  [Invalid, 400],
  [Unauthenticated, 401],
  [Forbidden, 403],
  [NotFound, 404],
  [Conflict, 409],
  [PreconditionFailed, 412],
  [Unprocessable, 422],
  [Unavailable, 503],
];

/** A refusal whose status is HTTP's own (405, 413, 415 …). */
export class HttpRefusal extends Refusal {
  constructor(
    readonly status: number,
    code: string,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(code, message);
  }
}

export type ProblemAnswer = { status: number; headers: Record<string, string>; problem: Problem };

/** The refusals for the errors of the body parser (`http-errors`, by `type`). */
export const bodyErrors: Record<string, () => HttpRefusal> = {
  'entity.parse.failed': () => new HttpRefusal(400, 'malformed-json', 'The body is not valid JSON'),
  'entity.too.large': () => new HttpRefusal(413, 'body-too-large', 'The body is too large'),
  'encoding.unsupported': () => new HttpRefusal(415, 'unsupported-encoding', 'The content encoding is not supported'),
  'charset.unsupported': () => new HttpRefusal(415, 'unsupported-charset', 'The character set is not supported'),
  'request.size.invalid': () => new HttpRefusal(400, 'malformed-request', 'The body is not as long as it says'),
  'request.aborted': () => new HttpRefusal(400, 'request-aborted', 'The body ended early'),
};

export const dependencyUnavailable = (): Unavailable =>
  new Unavailable('unavailable', 'A dependency does not answer; try again', { retryAfterSeconds: 1 });

/** The status of a library's error about the request: `http-errors` marks errors for the caller as `expose`. */
const refusedStatus = ({ expose, status }: Error & { expose?: unknown; status?: unknown }): number | undefined =>
  expose === true && typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;

const asRefusal = (error: unknown): { status: number; refusal: Refusal; headers?: Record<string, string> } | undefined => {
  if (error instanceof HttpRefusal) return { status: error.status, refusal: error, headers: error.headers };
  if (error instanceof Refusal) {
    const status = statusByClass.find(([refusal]) => error instanceof refusal)?.[1] ?? 400;
    return { status, refusal: error };
  }
  if (!(error instanceof Error)) return undefined;
  const known = 'type' in error ? bodyErrors[String(error.type)] : undefined;
  if (known) return asRefusal(known());
  if (error instanceof URIError) return { status: 400, refusal: new Refusal('malformed-request', 'The path is not valid') };
  const status = refusedStatus(error);
  if (status !== undefined) return { status, refusal: new Refusal('malformed-request', 'The request cannot be read') };
  return isTransient(error) ? asRefusal(dependencyUnavailable()) : undefined;
};

/** Any error as RFC 9457 `application/problem+json`. An unexpected error is a 500 without details. */
export const problemOf = (error: unknown, correlationId: string): ProblemAnswer => {
  const {
    status,
    refusal,
    headers = {},
  } = asRefusal(error) ?? {
    status: 500,
    refusal: new Refusal('internal-error', 'Something went wrong'),
  };
  const { retryAfterSeconds, ...details } = refusal.details;
  return {
    status,
    headers: {
      ...headers,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
      ...(status === 401 && {
        'www-authenticate':
          refusal.code === 'token-missing' ? 'Bearer realm="orderstream"' : 'Bearer realm="orderstream", error="invalid_token"',
      }),
      ...(status === 403 && {
        'www-authenticate': `Bearer realm="orderstream", error="insufficient_scope"${details.scope ? `, scope="${details.scope}"` : ''}`,
      }),
    },
    problem: {
      ...details,
      type: `urn:orderstream:problem:${refusal.code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: refusal.message,
      code: refusal.code,
      correlationId,
    },
  };
};

/**
 * The same as the bytes of a whole HTTP/1.1 response, for a socket without a response object (an upgrade, a malformed
 * request).
 */
export const rawProblem = (error: unknown, correlationId: string): string => {
  const { status, headers, problem } = problemOf(error, correlationId);
  const body = JSON.stringify(problem);
  const lines = Object.entries({
    ...headers,
    'x-correlation-id': correlationId,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${problem.title}\r\n${lines.join('')}\r\n${body}`;
};
