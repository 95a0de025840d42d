import type { AccountView, Language, Role, UserView } from '@orderstream/contracts';
import type { Database, Queryable, Transaction } from '@orderstream/persistence';

export type User = {
  id: string;
  email: string;
  fullName: string;
  roles: Role[];
  active: boolean;
  language: Language;
  orderUpdates: boolean;
  /** access tokens of an earlier version are not accepted */
  tokenVersion: number;
  version: number;
  createdAt: Date;
};

export type UserRow = {
  id: string;
  email: string;
  password_hash: string;
  full_name: string;
  roles: Role[];
  active: boolean;
  language: Language;
  order_updates: boolean;
  token_version: number;
  version: number;
  created_at: Date;
};

export const userOf = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  fullName: row.full_name,
  roles: row.roles,
  active: row.active,
  language: row.language,
  orderUpdates: row.order_updates,
  tokenVersion: row.token_version,
  version: row.version,
  createdAt: row.created_at,
});

export const userView = ({ id, email, fullName, roles, active, createdAt }: User): UserView => ({
  id,
  email,
  fullName,
  roles,
  active,
  createdAt: createdAt.toISOString(),
});

export const accountView = (user: User): AccountView => {
  const { active: _, ...view } = userView(user);
  return { ...view, language: user.language, orderUpdates: user.orderUpdates };
};

/** @returns false when the e-mail or the id is taken */
export const insertUser = async (tx: Transaction, user: User, passwordHash: string): Promise<boolean> => {
  const { rowCount } = await tx.query(
    `insert into users (id, email, password_hash, full_name, roles, active, language, version, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict do nothing`,
    [user.id, user.email, passwordHash, user.fullName, user.roles, user.active, user.language, user.version, user.createdAt],
  );
  return rowCount === 1;
};

export const findUser = async (db: Queryable, id: string): Promise<User | undefined> => {
  const { rows } = await db.query<UserRow>('select * from users where id = $1', [id]);
  return rows[0] && userOf(rows[0]);
};

/** The user's row, locked until the transaction ends. */
export const findUserForUpdate = async (tx: Transaction, id: string): Promise<{ user: User; passwordHash: string } | undefined> => {
  const {
    rows: [row],
  } = await tx.query<UserRow>('select * from users where id = $1 for update', [id]);
  return row && { user: userOf(row), passwordHash: row.password_hash };
};

/** @param email in any case, with or without blanks around it */
export const findCredentials = async (db: Database, email: string): Promise<{ user: User; passwordHash: string } | undefined> => {
  const {
    rows: [row],
  } = await db.query<UserRow>('select * from users where email = $1', [normalEmail(email)]);
  return row && { user: userOf(row), passwordHash: row.password_hash };
};

/**
 * An address in lower case: ASCII letters only, whatever the locale. Any other difference means another mailbox, though
 * `toLowerCase` would make a k of the Kelvin sign.
 */
export const normalEmail = (email: string): string => email.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
