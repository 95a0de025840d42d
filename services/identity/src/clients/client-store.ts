import { type ClientView, type Page, type PageQuery, pageOf, type Scope } from '@orderstream/contracts';
import { type Database, pageOfRows, sql, type Transaction } from '@orderstream/persistence';

type Row = { id: string; name: string; scopes: Scope[]; redirect_uris: string[]; created_at: Date; secret_hash: string };

/** A third party's client. */
export type Client = ClientView & { secretHash: string };

const clientOf = ({ id, name, scopes, redirect_uris: redirectUris, created_at, secret_hash: secretHash }: Row): Client => ({
  id,
  name,
  scopes,
  redirectUris,
  createdAt: created_at.toISOString(),
  secretHash,
});

export const clientView = ({ secretHash: _, ...view }: Client): ClientView => view;

export const findClient = async (db: Database, id: string): Promise<Client | undefined> => {
  const { rows } = await db.query<Row>('select * from clients where id::text = $1', [id]);
  return rows[0] && clientOf(rows[0]);
};

/** Newest first. */
export const listClients = async (db: Database, query: PageQuery): Promise<Page<ClientView>> => {
  const newestFirst = sql('clients').select('*').orderByRaw('created_at desc, id desc');
  const { rows, total } = await pageOfRows<Row>(db, sql('clients'), newestFirst, query);
  return pageOf(
    rows.map((row) => clientView(clientOf(row))),
    total,
    query,
  );
};

export const insertClient = async (tx: Transaction, client: Omit<Client, 'createdAt'>): Promise<Client> => {
  const { rows } = await tx.query<Row>(
    'insert into clients (id, name, secret_hash, scopes, redirect_uris) values ($1, $2, $3, $4, $5) returning *',
    [client.id, client.name, client.secretHash, client.scopes, client.redirectUris],
  );
  return clientOf(rows[0]!);
};

export const replaceSecret = async (db: Database, id: string, secretHash: string): Promise<Client | undefined> => {
  const { rows } = await db.query<Row>('update clients set secret_hash = $2 where id = $1 returning *', [id, secretHash]);
  return rows[0] && clientOf(rows[0]);
};

/** Deletes a client, and what it was given: grants, codes, refresh tokens. @returns whether there was one */
export const deleteClient = async (tx: Transaction, id: string): Promise<boolean> => {
  const { rowCount } = await tx.query('delete from clients where id = $1', [id]);
  await tx.query(`delete from oidc_artifacts where payload ->> 'clientId' = $1`, [id]);
  return rowCount === 1;
};
