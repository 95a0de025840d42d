import { Unavailable } from '@orderstream/contracts';
import { z } from 'zod';
import type { Tokens } from './browser-sessions.js';

const TokenAnswer = z.object({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() });
const Claims = z.object({ sub: z.uuid(), sid: z.string(), account_version: z.int() });

export type Grant = Tokens & { userId: string; oidcSessionUid: string };

type Options = {
  /** the provider's token endpoint, on this process's own port */
  tokenUrl: () => string;
  secret: string;
  redirectUri: string;
};

/** Identity as the client `storefront` of its own provider. */
export const tokenClient = ({ tokenUrl, secret, redirectUri }: Options) => {
  const authorization = `Basic ${Buffer.from(`storefront:${secret}`).toString('base64')}`;

  /** @returns undefined when the provider refuses the code or the refresh token */
  const ask = async (fields: Record<string, string>): Promise<Grant | undefined> => {
    const answer = await fetch(tokenUrl(), {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(5_000),
    });
    const body: unknown = await answer.json();
    if (answer.status === 400) return undefined;
    if (answer.status !== 200)
      throw new Unavailable('sign-in-unavailable', 'Signing in does not work at present', { retryAfterSeconds: 1 });
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = TokenAnswer.parse(body);
    const claims = Claims.parse(JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()));
    return {
      accessToken,
      refreshToken,
      accessExpiresAt: new Date(Date.now() + seconds * 1_000),
      tokenVersion: claims.account_version,
      userId: claims.sub,
      oidcSessionUid: claims.sid,
    };
  };

  return {
    byCode: (code: string, verifier: string) =>
      ask({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri }),
    byRefreshToken: (refreshToken: string) => ask({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  };
};
export type TokenClient = ReturnType<typeof tokenClient>;
