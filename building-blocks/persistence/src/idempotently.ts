import type { Reply, User } from '@orderstream/service-host';
import type { Knex } from 'knex';

/** What a route's handler is given is one of these: hand it on whole. */
export type IdempotentRequest = {
  user?: Pick<User, 'id'> | undefined;
  body: unknown;
  req: { method: string; originalUrl: string; headers: Record<string, string | string[] | undefined> };
};

/** `idempotently(db, request, async (tx) => created(await placeOrder(tx, …), location))` */
export declare const idempotently: <Body>(
  db: Knex,
  request: IdempotentRequest,
  work: (tx: Knex.Transaction) => Promise<Reply<Body>>,
) => Promise<Reply<Body>>;
