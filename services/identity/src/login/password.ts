import { hash, verify } from '@node-rs/argon2';
import { limiter } from '@orderstream/async';
import { Invalid } from '@orderstream/contracts';

/** OWASP's minimum for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane; about 20 ms of one core. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Two concurrent hashes: half of libuv's four threads, so that DNS, files and keys have the others. The fiftieth in the
 * queue waits for about a second.
 */
const inTurn = limiter(2, { mostWaiting: 50 });

/** @throws Unavailable when too many passwords are hashed at once, as does `verifyPassword` */
export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password.normalize('NFKC'), parameters));

export const verifyPassword = (passwordHash: string, password: string): Promise<boolean> =>
  inTurn(() => verify(passwordHash, password.normalize('NFKC')));

/** @throws Invalid `password-weak`, with all weaknesses */
export const refuseWeakPassword = (password: string, email: string): void => {
  const problems = [
    password.length < 8 && 'must have at least 8 characters',
    !/\p{L}/u.test(password) && 'must have a letter',
    !/\d/.test(password) && 'must have a digit',
    !/[^\p{L}\d]/u.test(password) && 'must have a character that is neither letter nor digit',
    new Set(password).size < 5 && 'must have at least 5 different characters',
    password.toLowerCase().includes(email.toLowerCase()) && 'must not contain the e-mail address',
  ].filter((problem) => problem !== false);
  if (problems.length === 0) return;
  throw new Invalid('password-weak', 'The password is too weak', { errors: problems.map((message) => ({ path: 'password', message })) });
};
