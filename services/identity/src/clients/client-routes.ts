import { ClientView, ClientWithSecret, CreateClientRequest, NotFound, Page, PageQuery } from '@orderstream/contracts';
import { type Api, api, created, noContent } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import { allVersions, revokeTokens } from '../revocations/revocations.js';
import { newSecret, sha256 } from '../secrets.js';
import { clientView, deleteClient, insertClient, listClients, replaceSecret } from './client-store.js';

const hashOf = (secret: string): string => sha256(secret).toString('hex');

const clientMissing = (): NotFound => new NotFound('client-not-found', 'There is no such client');

/**
 * What an admin does with the clients of third parties. Creating one takes no `Idempotency-Key`: the stored answer would
 * have the secret.
 */
export const clientRoutes = ({ db }: { db: Database }): Api =>
  api('Clients', '/identity/clients')
    .get(
      '/identity/clients',
      { summary: 'List the clients of third parties, newest first', who: 'admin', query: PageQuery, answers: { 200: Page(ClientView) } },
      ({ query }) => listClients(db, query),
    )
    .post(
      '/identity/clients',
      {
        summary: 'Create a client for a third party',
        description:
          'It authenticates with `client_secret_basic`. By client credentials it acts as an admin within its scopes; with redirect URIs it may ' +
          'also log in users, by authorization code and PKCE.',
        who: 'admin',
        body: CreateClientRequest,
        answers: { 201: ClientWithSecret },
      },
      async ({ body }) => {
        const secret = newSecret();
        const client = await inTransaction(db, (tx) => insertClient(tx, { ...body, id: uuidv7(), secretHash: hashOf(secret) }));
        return created({ ...clientView(client), secret }, '/api/identity/clients');
      },
    )
    .post(
      '/identity/clients/:id/rotate',
      {
        summary: 'Replace the secret: the old one is refused from now on',
        who: 'admin',
        answers: { 200: ClientWithSecret },
        refusals: [clientMissing()],
      },
      async ({ params }) => {
        const secret = newSecret();
        const client = await replaceSecret(db, params.id, hashOf(secret));
        if (!client) throw clientMissing();
        return { ...clientView(client), secret };
      },
    )
    .delete(
      '/identity/clients/:id',
      {
        summary: 'Revoke a client',
        description: 'It gets no tokens any more, and those that it has are refused within a minute.',
        who: 'admin',
        answers: { 204: null },
        refusals: [clientMissing()],
      },
      async ({ params }) => {
        const isDeleted = await inTransaction(db, async (tx) => {
          if (!(await deleteClient(tx, params.id))) return false;
          await revokeTokens(tx, params.id, allVersions);
          return true;
        });
        if (!isDeleted) throw clientMissing();
        return noContent();
      },
    );
