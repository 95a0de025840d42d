import { Unauthenticated } from '@orderstream/contracts';
import type { AuthConfig } from '@orderstream/service-host';
import jwt from 'jsonwebtoken';
import { fetchKeysFrom, type SigningKeys, signingKeys } from './signing-keys.js';
import type { User } from './user.js';

export type Authenticator = {
  /** @throws Unauthenticated when the token is not valid, Unavailable when the issuer's keys cannot be fetched */
  verify(token: string): Promise<User>;
};

const clockToleranceSeconds = 5;
const maxKept = 10_000;
const keptMs = 5 * 60_000;
const maxTokenLength = 8_192;

type Kept = { user: User; until: number };

/**
 * Verifies access tokens: RS256 by one of the issuer's keys, issuer, audience, expiry (5 s of tolerance), subject. A
 * verified token is cached for 5 min or until it expires, so a busy caller costs one signature check in that time.
 */
export const authenticatorFrom = ({ OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL }: Record<keyof typeof AuthConfig, string>): Authenticator =>
  tokenVerifier({ issuer: OIDC_ISSUER, audience: OIDC_AUDIENCE, keys: signingKeys(fetchKeysFrom(OIDC_JWKS_URL)) });

type Options = {
  /** `iss` that tokens must have */
  issuer: string;
  /** `aud` that tokens must have (among others) */
  audience: string;
  keys: SigningKeys;
  now?: () => number;
};

export const tokenVerifier = ({ issuer, audience, keys, now = Date.now }: Options): Authenticator => {
  const kept = new Map<string, Kept>(); // in the order of insertion: the first is the oldest

  const keep = (token: string, user: User): void => {
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value as string);
    kept.set(token, { user, until: Math.min(now() + keptMs, user.expiresAt.getTime() + clockToleranceSeconds * 1_000) });
  };

  const check = async (token: string): Promise<User> => {
    const decoded = token.length <= maxTokenLength ? decode(token) : null;
    // checked before the key is fetched, so that foreign tokens cause no request to the issuer
    if (decoded?.header.alg !== 'RS256' || typeof decoded.header.kid !== 'string') throw invalidToken();
    const key = await keys.byId(decoded.header.kid);
    if (!key) throw invalidToken();
    try {
      const claims = jwt.verify(token, key, {
        algorithms: ['RS256'],
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        clockTimestamp: Math.floor(now() / 1_000),
      });
      return userOf(claims);
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) throw new Unauthenticated('token-expired', 'The access token has expired');
      throw error instanceof Unauthenticated ? error : invalidToken(error);
    }
  };

  return {
    verify: async (token) => {
      const known = kept.get(token);
      if (known && known.until > now()) return known.user;
      if (known) kept.delete(token);
      const user = await check(token);
      keep(token, user);
      return user;
    },
  };
};

/** The decoded token; null when it is no JWT. `jwt.decode` throws when only the claims are not JSON. */
const decode = (token: string): jwt.Jwt | null => {
  try {
    return jwt.decode(token, { complete: true });
  } catch (error) {
    throw invalidToken(error);
  }
};

const invalidToken = (cause?: unknown): Unauthenticated =>
  new Unauthenticated('token-invalid', 'The access token is not valid', {}, cause === undefined ? undefined : { cause });

const userOf = (claims: string | jwt.JwtPayload): User => {
  if (typeof claims === 'string' || typeof claims.sub !== 'string' || claims.sub === '' || typeof claims.exp !== 'number')
    throw invalidToken();
  const { sub, exp, email, roles } = claims as jwt.JwtPayload & { sub: string; exp: number; email?: unknown; roles?: unknown };
  return {
    id: sub,
    ...(typeof email === 'string' && { email }),
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    expiresAt: new Date(exp * 1_000),
  };
};
