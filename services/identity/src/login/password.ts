import { hash, verify } from '@node-rs/argon2';
import { limiter } from '@orderstream/async';
import { Invalid } from '@orderstream/contracts';

/**
 * 12 MiB, 3 passes, 1 lane: of the parameters that OWASP lists as equally strong (Password Storage Cheat Sheet), fast
 * ones, about 17 ms of a core.
 */
const parameters = { algorithm: 2, memoryCost: 12_288, timeCost: 3, parallelism: 1 };

/** One hash at a time, so that many logins take at most one core. The fiftieth in the queue waits for about a second. */
const inTurn = limiter(1, { mostWaiting: 50 });

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
