/** A field of a request that broke its schema: `path` in dots (`lines.0.quantity`), `message` for a person. */
export type FieldError = { path: string; message: string };

type Details = { errors?: FieldError[]; retryAfterSeconds?: number } & Record<string, unknown>;

/**
 * A request that is refused. It carries a stable `code` and no HTTP status: `service-host` maps the class to a status.
 * `details` become members of the problem document (RFC 9457); `retryAfterSeconds` becomes the `Retry-After` header.
 */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: Details = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The request is malformed or breaks a rule that holds in every state. */
export class Invalid extends Refusal {}
/** The caller is unknown: there is no access token, or it is not valid. */
export class Unauthenticated extends Refusal {}
/** The caller is known, and not allowed to do this. */
export class Forbidden extends Refusal {}
/** The resource does not exist, or belongs to someone else. */
export class NotFound extends Refusal {}
/** The state of the resource does not allow the request. */
export class Conflict extends Refusal {}
/** The resource has changed since the version that the request names (`If-Match`). */
export class PreconditionFailed extends Refusal {}
/** The request contradicts an earlier one under the same idempotency key. */
export class Unprocessable extends Refusal {}
/** A dependency does not answer; the same request may succeed later. */
export class Unavailable extends Refusal {}
