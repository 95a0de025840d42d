import { isAdmin, type User } from '@orderstream/http';
import type { Knex } from 'knex';
import { z } from 'zod';

/** A shopper sees their own orders, an admin every order: for `.modify(visibleTo(user))`. */
export const visibleTo =
  (user: User) =>
  (query: Knex.QueryBuilder): void => {
    if (isAdmin(user)) return;
    if (z.uuid().safeParse(user.id).success) query.where('customer_id', user.id);
    else query.whereRaw('false'); // a program's id is no UUID, and has no orders
  };
