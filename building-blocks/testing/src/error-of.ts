import { expect } from 'chai';

/** What `work` fails with; an assertion fails when it does not. */
export const errorOf = <Failure = unknown>(work: PromiseLike<unknown>): PromiseLike<Failure> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error: Failure) => error,
  );
