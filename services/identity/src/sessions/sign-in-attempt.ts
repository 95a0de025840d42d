import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { newSecret, sha256 } from '../secrets.js';

/** What has to be known when a browser comes back from the provider. It waits in a cookie of the browser. */
const Attempt = z.object({ state: z.string(), verifier: z.string(), returnTo: z.string() });
export type Attempt = z.infer<typeof Attempt>;

export const newAttempt = (returnTo: string): Attempt => ({ state: newSecret(), verifier: newSecret(), returnTo });

/** @see RFC 7636, 4.2 */
export const challengeOf = ({ verifier }: Attempt): string => sha256(verifier).toString('base64url');

const signatureOf = (key: string, text: string): Buffer => createHmac('sha256', key).update(`sign-in ${text}`).digest();

/** As the value of a cookie, signed. */
export const sealed = (attempt: Attempt, key: string): string => {
  const text = Buffer.from(JSON.stringify(attempt)).toString('base64url');
  return `${text}.${signatureOf(key, text).toString('base64url')}`;
};

/** @returns undefined when it is not ours, or has another state */
export const unsealed = (cookie: string | undefined, state: string, keys: readonly string[]): Attempt | undefined => {
  const [text = '', signature = ''] = (cookie ?? '').split('.');
  const given = Buffer.from(signature, 'base64url');
  const isOurs = keys.map((key) => signatureOf(key, text)).some((ours) => ours.length === given.length && timingSafeEqual(ours, given));
  if (!isOurs) return undefined;
  const attempt = Attempt.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  return attempt.state === state ? attempt : undefined;
};

const ownPath = /^\/(?![/\\])[\x21-\x7e]*$/;

/** The path to go back to after signing in: one of ours, never another host's. */
export const returnPath = (asked: unknown): string =>
  typeof asked === 'string' && asked.length <= 2_000 && ownPath.test(asked) && !asked.includes('\\') ? asked : '/';
