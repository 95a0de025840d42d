import { expect } from 'chai';

/** The error with which `work` fails. It fails an assertion when `work` succeeds. */
export const errorOf = <Failure = unknown>(work: PromiseLike<unknown>): PromiseLike<Failure> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error: Failure) => error,
  );
