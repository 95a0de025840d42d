import { randomUUID } from 'node:crypto';
import { api, ask, expectStatus } from './http.js';
import { mailTo } from './mails.js';
import { platform } from './platform.js';

/** A user with a token that is renewed before it expires. */
export type Person = { id: string; email: string; token: () => Promise<string> };

/** Of everyone whom the tests know. */
export const password = 'Pass123$';
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

/** Opens an account as people do: with a registration, and the link in its mail. */
export const openAccount = async ({
  email,
  fullName = 'Erika Muster',
}: {
  email: string;
  fullName?: string | undefined;
}): Promise<void> => {
  expectStatus(await api('/identity/register', { method: 'POST', body: { email, password, fullName } }), 201);
  const { links } = await mailTo(email, 'Confirm');
  const confirmation = new URL(links[0]!);
  const confirmed = await ask(`${platform.gateway}${confirmation.pathname}`, {
    method: 'POST',
    text: confirmation.searchParams.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expectStatus(confirmed, 200);
};

/** A new shopper for a suite, without orders, payments or frames. */
export const newShopper = async ({ fullName }: { fullName?: string } = {}): Promise<Person> => {
  const email = `e2e-${randomUUID()}@example.com`;
  await openAccount({ email, fullName });
  return arrive(email);
};
