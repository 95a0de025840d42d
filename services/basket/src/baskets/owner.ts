import { createHash } from 'node:crypto';
import { Invalid } from '@orderstream/contracts';
import { roleMissing, tokenMissing, type User } from '@orderstream/http';

/** Whose basket it is: a shopper's, with their id, or a visitor's, with the hash of their session. */
export type Owner = { basketId: string; customerId?: string };

type Caller = { user: User | undefined; req: { headers: Record<string, string | string[] | undefined> } };

/** A request with a token is the shopper's, also when it names a session. */
export const ownerOf = ({ user, req }: Caller): Owner => {
  if (user) return shopperOf(user);
  const session = sessionOf(req.headers);
  if (!session) throw tokenMissing();
  return session;
};

const shopperOf = ({ id, roles }: User): Owner => {
  if (!roles.includes('shopper')) throw roleMissing('shopper');
  return { basketId: id, customerId: id };
};

const sessionId = /^[\w-]{22,64}$/;

/** The visitor's basket of the header `x-session-id`; undefined without one. */
export const sessionOf = (headers: Caller['req']['headers']): Owner | undefined => {
  const session = headers['x-session-id'];
  if (session === undefined) return undefined;
  if (typeof session === 'string' && sessionId.test(session)) return { basketId: hashedId(session) };
  const errors = [{ path: 'x-session-id', message: 'must be 22 to 64 letters, digits, - and _' }];
  throw new Invalid('invalid-request', 'The header x-session-id is invalid', { in: 'header', errors });
};

/**
 * A UUID of a session's hash, so that the session, which is a secret, is neither stored nor announced.
 *
 * @see RFC 9562, 5.8: version 8
 */
const hashedId = (session: string): string => {
  const bytes = createHash('sha256').update(session).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
