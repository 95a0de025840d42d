import { timingSafeEqual } from 'node:crypto';
import { platformScope } from '@orderstream/contracts';
import type { ClientMetadata } from 'oidc-provider';
import type { Client } from '../clients/client-store.js';
import { sha256 } from '../secrets.js';

/** The scopes of OpenID Connect that tokens for the API have, too: our userinfo endpoint takes those. */
export const identityScopes = ['openid', 'profile', 'email'];

type Options = {
  /** where the gateway is */
  origin: string;
  /** identity's own client, for browsers; the secret is this process's own */
  storefrontSecret: string;
  allowPasswordGrant: boolean;
};

const ownClient = { scope: [...identityScopes, platformScope].join(' ') };

/** The platform's own clients. They need no consent, and may do everything that the user may. */
export const ownClients = ({ origin, storefrontSecret, allowPasswordGrant }: Options): ClientMetadata[] => [
  {
    ...ownClient,
    client_id: 'storefront',
    client_name: 'Orderstream',
    client_secret: storefrontSecret,
    redirect_uris: [`${origin}/session/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
  },
  {
    ...ownClient,
    client_id: 'reference',
    client_name: 'API reference',
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${origin}/api/reference`],
    grant_types: ['authorization_code'],
  },
  ...(allowPasswordGrant
    ? [
        {
          ...ownClient,
          client_id: 'cli',
          token_endpoint_auth_method: 'none' as const,
          grant_types: ['password'],
          redirect_uris: [],
          response_types: [],
        },
      ]
    : []),
];

const ownIds = new Set(['storefront', 'reference', 'cli']);
export const isOwnClient = (clientId: string): boolean => ownIds.has(clientId);

const hashed = 'sha256:';

/** A third party's client, as oidc-provider wants it. */
export const metadataOf = ({ id, name, scopes, redirectUris, secretHash }: Client): ClientMetadata => {
  const logsInUsers = redirectUris.length > 0;
  return {
    client_id: id,
    client_name: name,
    client_secret: hashed + secretHash,
    scope: [...(logsInUsers ? [...identityScopes, 'offline_access'] : []), ...scopes].join(' '),
    redirect_uris: redirectUris,
    post_logout_redirect_uris: redirectUris,
    grant_types: ['client_credentials', ...(logsInUsers ? ['authorization_code', 'refresh_token'] : [])],
    response_types: logsInUsers ? ['code'] : [],
  };
};

/** Compares a secret with the one of a client, which may be stored as a hash. */
export const isSecretOf = (stored: string, secret: string): boolean =>
  timingSafeEqual(sha256(stored), sha256(stored.startsWith(hashed) ? hashed + sha256(secret).toString('hex') : secret));
