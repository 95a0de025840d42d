import { createPublicKey, type KeyObject } from 'node:crypto';
import { currentLog } from '@orderstream/service-host';
import { JwksClient } from 'jwks-rsa';
import { issuerUnavailable } from './refusals.js';

export type SigningKeys = { byId(kid: string): Promise<KeyObject | undefined> };

type FetchKeys = () => Promise<Map<string, KeyObject>>;

/** Fetches a JWKS over HTTP; keys without an id are left out. */
export const fetchKeysFrom = (jwksUrl: string): FetchKeys => {
  const client = new JwksClient({ jwksUri: jwksUrl, cache: false, timeout: 3_000 });
  return async () => {
    const keys = await client.getSigningKeys();
    return new Map(keys.map((key) => [key.kid, createPublicKey(key.getPublicKey())] as const).filter(([kid]) => kid !== undefined));
  };
};

const maxAgeMs = 10 * 60_000;
const unknownKeyPauseMs = 5_000;
const failurePauseMs = 500;

/**
 * The cached keys of the issuer. They are fetched for an unknown key id at most every 5 s, and refreshed in the
 * background every 10 min. While the issuer does not answer, the cached keys stay.
 */
export const signingKeys = (fetchKeys: FetchKeys, now: () => number = Date.now): SigningKeys => {
  let keys = new Map<string, KeyObject>();
  let readAt = Number.NEGATIVE_INFINITY;
  let failure: { at: number; error: unknown } | undefined;
  let reading: Promise<void> | undefined;

  const read = (): Promise<void> => {
    reading ??= fetchKeys()
      .then(
        (fetched) => {
          keys = fetched;
          readAt = now();
          failure = undefined;
        },
        (error: unknown) => {
          failure = { at: now(), error };
        },
      )
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  const pausing = (): boolean => now() - readAt < unknownKeyPauseMs || (failure !== undefined && now() - failure.at < failurePauseMs);

  return {
    byId: async (kid) => {
      const known = keys.get(kid);
      if (known) {
        if (now() - readAt > maxAgeMs && !pausing())
          void read().then(() => failure && currentLog().warn({ err: failure.error }, 'signing keys not read'));
        return known;
      }
      if (!pausing()) await read();
      const found = keys.get(kid);
      if (found || !failure) return found;
      throw issuerUnavailable(failure.error);
    },
  };
};
