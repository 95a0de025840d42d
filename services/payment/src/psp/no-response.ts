/** The provider did not answer, so the operation may or may not have been done. */
export class NoResponse extends Error {
  override readonly name: string = 'NoResponse';
  constructor(
    readonly paymentId: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The call was not made, because the circuit breaker is open. */
export class CircuitOpen extends NoResponse {
  override readonly name = 'CircuitOpen';
  constructor(
    paymentId: string,
    /** milliseconds until the breaker allows a call */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(paymentId, 'the provider is not called: the circuit breaker is open', options);
  }
}
