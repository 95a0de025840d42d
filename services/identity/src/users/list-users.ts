import { type Page, pageOf, type UserQuery, type UserView } from '@orderstream/contracts';
import { type Database, pageOfRows, sql } from '@orderstream/persistence';
import { type UserRow, userOf, userView } from './user-store.js';

/** The users, newest first. */
export const listUsers = async (db: Database, query: UserQuery): Promise<Page<UserView>> => {
  const { q, role, active } = query;
  const matching = sql('users');
  if (q !== undefined) matching.whereRaw("(full_name || ' ' || email) ilike ?", [`%${q.replace(/[\\%_]/g, '\\$&')}%`]);
  if (role !== undefined) matching.whereRaw('? = any(roles)', [role]);
  if (active !== undefined) matching.where({ active });
  const newestFirst = matching.clone().select('*').orderByRaw('created_at desc, id desc');
  const { rows, total } = await pageOfRows<UserRow>(db, matching, newestFirst, query);
  return pageOf(
    rows.map((row) => userView(userOf(row))),
    total,
    query,
  );
};
