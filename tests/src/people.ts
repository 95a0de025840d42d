import { randomUUID } from 'node:crypto';
import { api, expectStatus } from './http.js';

/** A user with a token that is renewed before it expires. */
export type Person = { id: string; email: string; token: () => Promise<string> };

const password = 'Pass123$';
const renewBeforeMs = 5 * 60_000;

const logIn = async (email: string): Promise<{ token: string; renewAt: number }> => {
  const form = new URLSearchParams({ grant_type: 'password', client_id: 'cli', username: email, password, scope: 'openid' });
  const answer = await api<{ access_token: string; expires_in: number }>('/identity/oidc/token', {
    method: 'POST',
    text: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const { access_token: token, expires_in: seconds } = expectStatus(answer, 200);
  return { token, renewAt: Date.now() + seconds * 1_000 - renewBeforeMs };
};

const subjectOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub;

const known = new Map<string, Promise<Person>>();

const arrive = async (email: string): Promise<Person> => {
  let session = logIn(email);
  const token = async (): Promise<string> => {
    if ((await session).renewAt < Date.now()) session = logIn(email);
    return (await session).token;
  };
  return { id: subjectOf(await token()), email, token };
};

/** Logs in once for all suites. */
const person = (email: string): Promise<Person> => {
  const there = known.get(email) ?? arrive(email);
  known.set(email, there);
  there.catch(() => known.delete(email));
  return there;
};

export const admin = (): Promise<Person> => person('admin@example.com');
export const alice = (): Promise<Person> => person('alice@example.com');

/** A new shopper for a suite, without orders, payments or frames. */
export const newShopper = async (): Promise<Person> => {
  const email = `e2e-${randomUUID()}@example.com`;
  expectStatus(await api('/identity/register', { method: 'POST', body: { email, password, fullName: 'Erika Muster' } }), 201);
  return arrive(email);
};
