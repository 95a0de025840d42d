import { Invalid, PreconditionFailed } from '@orderstream/contracts';
import { Reply } from './reply.js';

/** The strong validator of a resource's version. */
export const etagOf = (version: number): string => `"${version}"`;

/** An answer whose `ETag` is for the `If-Match` of the next change. */
export const withEtag = <Body extends { version: number }>(body: Body, status = 200, headers: Record<string, string> = {}): Reply<Body> =>
  new Reply(status, body, { ...headers, etag: etagOf(body.version) });

const tags = /^(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*$/;

/**
 * Lets a change pass when its `If-Match`, if it has one, names the version that the resource has.
 *
 * @param current what the resource is now, for the problem document
 * @throws PreconditionFailed, or Invalid for a header that is none
 * @see RFC 9110, 13.1.1: weak validators never match
 */
export const requireVersion = (ifMatch: string | undefined, version: number, code: string, current: unknown): void => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  if (!tags.test(ifMatch.trim())) {
    const errors = [{ path: 'If-Match', message: 'must be an ETag in quotes' }];
    throw new Invalid('invalid-request', 'The header If-Match is invalid', { in: 'header', errors });
  }
  const asked = ifMatch.split(',').map((tag) => tag.trim());
  if (!asked.includes(etagOf(version))) throw new PreconditionFailed(code, 'It has changed since', { current });
};
