import { Unauthenticated } from '@orderstream/contracts';
import type { AuthConfig } from '@orderstream/service-host';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { tokenExpired, tokenInvalid, tokenRevoked } from './refusals.js';
import { fetchRevocationsFrom, type Revocations, revocations } from './revocations.js';
import { fetchKeysFrom, type SigningKeys, signingKeys } from './signing-keys.js';
import type { User } from './user.js';

export type Authenticator = {
  /**
   * @throws Unauthenticated when the token is not valid or no longer accepted, Unavailable when the issuer's keys cannot
   *   be fetched
   */
  verify(token: string): Promise<User>;
};

const clockToleranceSeconds = 5;
const maxKept = 10_000;
const keptMs = 5 * 60_000;
const maxTokenLength = 8_192;

/** A verified token: whom it is for, by which client and with which version of the account it was issued. */
type Verified = { user: User; clientId: string | undefined; accountVersion: number };
type Kept = Verified & { until: number };

/**
 * Verifies access tokens: RS256 by one of the issuer's keys, issuer, audience, expiry (5 s of tolerance), subject, and
 * that neither the user's nor the client's tokens were revoked. A verified token is cached for 5 min or until it expires,
 * so a busy caller costs one signature check in that time.
 */
export const authenticatorFrom = (config: Record<keyof typeof AuthConfig, string>): Authenticator =>
  tokenVerifier({
    issuer: config.OIDC_ISSUER,
    audience: config.OIDC_AUDIENCE,
    keys: signingKeys(fetchKeysFrom(config.OIDC_JWKS_URL)),
    revoked: revocations(fetchRevocationsFrom(config.OIDC_REVOCATIONS_URL)),
  });

type Options = {
  /** `iss` that tokens must have */
  issuer: string;
  /** `aud` that tokens must have (among others) */
  audience: string;
  keys: SigningKeys;
  revoked: Revocations;
  now?: () => number;
};

export const tokenVerifier = ({ issuer, audience, keys, revoked, now = Date.now }: Options): Authenticator => {
  const kept = new Map<string, Kept>(); // in the order of insertion: the first is the oldest

  const keep = (token: string, verified: Verified): void => {
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value as string);
    const { user } = verified;
    kept.set(token, { ...verified, until: Math.min(now() + keptMs, user.expiresAt.getTime() + clockToleranceSeconds * 1_000) });
  };

  const check = async (token: string): Promise<Verified> => {
    const decoded = token.length <= maxTokenLength ? decode(token) : null;
    // checked before the key is fetched, so that foreign tokens cause no request to the issuer
    if (decoded?.header.alg !== 'RS256' || typeof decoded.header.kid !== 'string') throw tokenInvalid();
    const key = await keys.byId(decoded.header.kid);
    if (!key) throw tokenInvalid();
    try {
      const claims = jwt.verify(token, key, {
        algorithms: ['RS256'],
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        clockTimestamp: Math.floor(now() / 1_000),
      });
      return verifiedBy(claims);
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) throw tokenExpired();
      throw error instanceof Unauthenticated ? error : tokenInvalid(error);
    }
  };

  const verified = async (token: string): Promise<Verified> => {
    const known = kept.get(token);
    if (known && known.until > now()) return known;
    if (known) kept.delete(token);
    const fresh = await check(token);
    keep(token, fresh);
    return fresh;
  };

  return {
    verify: async (token) => {
      const { user, clientId, accountVersion } = await verified(token);
      const byUser = await revoked.isRevoked(user.id, accountVersion);
      if (byUser || (clientId !== undefined && (await revoked.isRevoked(clientId, 0)))) throw tokenRevoked();
      return user;
    },
  };
};

/** The decoded token; null when it is no JWT. `jwt.decode` throws when only the claims are not JSON. */
const decode = (token: string): jwt.Jwt | null => {
  try {
    return jwt.decode(token, { complete: true });
  } catch (error) {
    throw tokenInvalid(error);
  }
};

/** The claims that matter, of RFC 9068's access tokens and of identity. The subject is a user or a client. */
const Claims = z.object({
  sub: z.uuid(),
  exp: z.number(),
  client_id: z.string().optional(),
  scope: z.string().default(''),
  email: z.string().optional(),
  roles: z.array(z.string()).default([]),
  sid: z.string().optional(),
  account_version: z.int().default(0),
});

const verifiedBy = (claims: unknown): Verified => {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) throw tokenInvalid(parsed.error);
  const { sub, exp, client_id: clientId, scope, email, roles, sid, account_version: accountVersion } = parsed.data;
  const user: User = {
    id: sub,
    ...(email !== undefined && { email }),
    roles: sub === clientId ? ['admin'] : roles, // client credentials: its scopes limit what it may do
    scopes: scope.split(' ').filter((name) => name !== ''),
    ...(sid !== undefined && { sessionId: sid }),
    expiresAt: new Date(exp * 1_000),
  };
  return { user, clientId, accountVersion };
};
