/** A field of a request that broke its schema: `path` in dots (`lines.0.quantity`), `message` for a person. */
export type FieldError = { path: string; message: string };

type Details = { errors?: FieldError[]; retryAfterSeconds?: number } & Record<string, unknown>;

/**
 * A request that cannot be done as asked. It carries a stable `code` and no HTTP number: `service-host` maps the class
 * to a status. `details` become members of the problem document (RFC 9457); `retryAfterSeconds` becomes the
 * `Retry-After` header.
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
/** Nobody is known to ask: no token, or one that does not hold. */
export class Unauthenticated extends Refusal {}
/** Somebody is known to ask, and may not. */
export class Forbidden extends Refusal {}
/** What is asked for does not exist, or is not the caller's to see. */
export class NotFound extends Refusal {}
/** The state that it is in does not allow it. */
export class Conflict extends Refusal {}
/** The request contradicts an earlier one under the same idempotency key. */
export class Unprocessable extends Refusal {}
/** A part that is needed does not answer; the same request may succeed later. */
export class Unavailable extends Refusal {}
