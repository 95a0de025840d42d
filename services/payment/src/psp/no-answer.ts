/** The provider did not say what became of it: it may have done what it was asked, or not. */
export class NoAnswer extends Error {
  override readonly name: string = 'NoAnswer';
  constructor(
    readonly paymentId: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** It was not even asked: the breaker is open. */
export class NotAsked extends NoAnswer {
  override readonly name = 'NotAsked';
}
