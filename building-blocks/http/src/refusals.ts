import { Conflict, Forbidden, type Scope, Unauthenticated, Unavailable, Unprocessable } from '@orderstream/contracts';
import { HttpRefusal } from './problem.js';

// What the HTTP edge itself refuses. A refusal is thrown and documented by the same function.

export const malformedRequest = (message: string): HttpRefusal =>
  new HttpRefusal(400, 'malformed-request', message, { connection: 'close' });

export const unsupportedMediaType = (): HttpRefusal => new HttpRefusal(415, 'unsupported-media-type', 'The body must be application/json');

export const tokenMissing = (): Unauthenticated => new Unauthenticated('token-missing', 'This needs an access token');

export const tokenInvalid = (cause?: unknown): Unauthenticated =>
  new Unauthenticated('token-invalid', 'The access token is not valid', {}, cause === undefined ? undefined : { cause });

export const tokenExpired = (): Unauthenticated => new Unauthenticated('token-expired', 'The access token has expired');

export const tokenRevoked = (): Unauthenticated => new Unauthenticated('token-revoked', 'The access token is no longer accepted');

export const issuerUnavailable = (cause?: unknown): Unavailable =>
  new Unavailable('issuer-unavailable', 'The keys that verify access tokens cannot be fetched', { retryAfterSeconds: 1 }, { cause });

export const scopeMissing = (scope: Scope | undefined): Forbidden =>
  new Forbidden('scope-missing', scope ? `This needs the scope ${scope}` : 'This is not for third parties', { ...(scope && { scope }) });

export const roleMissing = (role: string): Forbidden => new Forbidden('role-missing', `This needs the role ${role}`);

export const requestInProgress = (): Conflict =>
  new Conflict('request-in-progress', 'A request with this Idempotency-Key is still in progress', { retryAfterSeconds: 1 });

export const keyReused = (): Unprocessable =>
  new Unprocessable('idempotency-key-reused', 'This Idempotency-Key was used for another request');
