import { isElasticsearchOutage } from './elasticsearch-outage.js';

/**
 * An error of the environment, not of the message or request: a dependency is down or busy, and a retry may succeed.
 */

const transientSqlStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available (lock_timeout)
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '57014', // query_canceled (statement_timeout)
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: a failover's old primary
]);
const timeoutSqlStates = new Set(['57014', '55P03', '25P03']);
const conflictSqlStates = new Set(['40001', '40P01']);
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  // NATS
  'CONNECTION_CLOSED',
  'CONNECTION_REFUSED',
  'CONNECTION_TIMEOUT',
  'CONNECTION_DRAINING',
  'DISCONNECT',
  'TIMEOUT',
  '503',
]);
const timeoutCodes = new Set(['ETIMEDOUT', 'TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const transientNames = new Set([
  'VersionConflict',
  'Unavailable',
  // Elasticsearch
  'ConnectionError',
  'NoLivingConnectionsError',
  'TimeoutError',
]);
const timeoutNames = new Set(['TimeoutError']); // without the pool's timeout: a lack of free connections is not the fault of the work
const transientStatuses = new Set([429, 502, 503, 504]);
/**
 * Errors of node-postgres without a code, matched at the end of the message. Errors of the server have a code, and
 * their message may quote input.
 */
const connectionLost =
  /(^| - )(Connection terminated( unexpectedly| due to connection timeout)?|Client (has encountered a connection error|was closed) and is not queryable|timeout expired|timeout exceeded when trying to connect|Cannot use a pool after calling end on the pool)$/;

type Shape = {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  statusCode?: unknown;
  body?: unknown;
  retriable?: unknown;
  cause?: unknown;
  errors?: unknown;
};

/** The error, its causes and the parts of an AggregateError, each once. */
const chainOf = (error: unknown, seen = new Set<unknown>()): Shape[] => {
  if (typeof error !== 'object' || error === null || seen.has(error)) return [];
  seen.add(error);
  const shape = error as Shape;
  const parts = Array.isArray(shape.errors) ? shape.errors.flatMap((part) => chainOf(part, seen)) : [];
  return [shape, ...chainOf(shape.cause, seen), ...parts];
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * A lost connection, a deadlock, a serialization failure, a version conflict, a server that starts, stops or has no
 * resources, a full pool, a timeout.
 */
export const isTransient = (error: unknown): boolean =>
  chainOf(error).some(
    ({ name, code, message, statusCode, body, retriable }) =>
      transientSqlStates.has(text(code)) ||
      /^(08|53)[0-9A-Z]{3}$/.test(text(code)) ||
      networkCodes.has(text(code)) ||
      transientNames.has(text(name)) ||
      (retriable === true && text(name).startsWith('KafkaJS')) ||
      (typeof statusCode === 'number' && transientStatuses.has(statusCode)) ||
      (name === 'ResponseError' && isElasticsearchOutage(statusCode, (body as { error?: unknown } | null | undefined)?.error)) ||
      (code === undefined && connectionLost.test(text(message))),
  );

/**
 * Transient, but maybe the fault of the work itself: it took too long. It counts as an outage only while other work
 * fails too.
 */
export const isTimeout = (error: unknown): boolean =>
  chainOf(error).some(
    ({ name, code, statusCode }) =>
      timeoutSqlStates.has(text(code)) || timeoutCodes.has(text(code)) || timeoutNames.has(text(name)) || statusCode === 504,
  );

/** Two transactions conflicted; a retry will most likely succeed immediately. */
export const isConflict = (error: unknown): boolean =>
  chainOf(error).some(({ name, code }) => conflictSqlStates.has(text(code)) || name === 'VersionConflict');
