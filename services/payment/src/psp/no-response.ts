/** The provider did not say what became of it: it may have done what it was asked, or not. */
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

/** The provider was not even asked, because it did not answer others. */
export class CircuitOpen extends NoResponse {
  override readonly name = 'CircuitOpen';
  constructor(
    paymentId: string,
    /** when it is asked again, from now */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(paymentId, 'the provider is not asked: it did not answer others', options);
  }
}
