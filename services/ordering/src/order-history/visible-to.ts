import { isAdmin, type User } from '@orderstream/service-host';
import type { Knex } from 'knex';

/** A shopper sees their own orders, an admin every order: for `.modify(visibleTo(user))`. */
export const visibleTo =
  (user: User) =>
  (query: Knex.QueryBuilder): void => {
    if (!isAdmin(user)) query.where('customer_id', user.id);
  };
