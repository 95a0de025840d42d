import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { currentContext } from './context.js';
import { traceIdOf } from './traceparent.js';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** JSON lines on stdout. Every line of a request or a message carries its `correlationId` and `traceId`. */
export const createLogger = (name: string, level: LogLevel = 'info', destination?: DestinationStream): Logger => {
  const options = {
    level,
    base: { service: name },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secrets.flatMap((secret) => [secret, `*.${secret}`, `*.*.${secret}`]), censor: '[redacted]' },
    mixin: () => {
      const context = currentContext();
      return context ? { correlationId: context.correlationId, traceId: traceIdOf(context.traceparent) } : {};
    },
  };
  return destination ? pino(options, destination) : pino(options);
};

const secrets = ['authorization', 'cookie', 'password', 'token', 'access_token', 'refresh_token', 'cardNumber'];

let processLogger: Logger | undefined;
let changeLogger: Logger | undefined;

/** The log of the running service; silent before `runService` (in tests, in tools). */
export const currentLog = (): Logger => {
  processLogger ??= createLogger('test', 'silent');
  return processLogger;
};

/**
 * The same log for frequent lines whose fields are ids and states. It redacts secrets in the first level only, which
 * makes a line ten times cheaper.
 */
export const currentChangeLog = (): Logger => {
  changeLogger ??= currentLog().child({}, { redact: { paths: secrets, censor: '[redacted]' } });
  return changeLogger;
};

export const setCurrentLog = (log: Logger): void => {
  processLogger = log;
  changeLogger = undefined;
};
