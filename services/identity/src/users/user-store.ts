import type { Role, UserView } from '@orderstream/contracts';
import type { Database, Transaction } from '@orderstream/persistence';

export type User = {
  id: string;
  email: string;
  fullName: string;
  roles: Role[];
  active: boolean;
  version: number;
  createdAt: Date;
};

type Row = {
  id: string;
  email: string;
  password_hash: string;
  full_name: string;
  roles: Role[];
  active: boolean;
  version: number;
  created_at: Date;
};

const userOf = (row: Row): User => ({
  id: row.id,
  email: row.email,
  fullName: row.full_name,
  roles: row.roles,
  active: row.active,
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

/** @returns false when the e-mail or the id is taken */
export const insertUser = async (tx: Transaction, user: User, passwordHash: string): Promise<boolean> => {
  const { rowCount } = await tx.query(
    `insert into users (id, email, password_hash, full_name, roles, active, version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict do nothing`,
    [user.id, user.email, passwordHash, user.fullName, user.roles, user.active, user.version, user.createdAt],
  );
  return rowCount === 1;
};

export const findUser = async (db: Database, id: string): Promise<User | undefined> => {
  const { rows } = await db.query<Row>('select * from users where id = $1', [id]);
  return rows[0] && userOf(rows[0]);
};

/** @param email in any case, with or without blanks around it */
export const findCredentials = async (db: Database, email: string): Promise<{ user: User; passwordHash: string } | undefined> => {
  const {
    rows: [row],
  } = await db.query<Row>('select * from users where email = $1', [normalEmail(email)]);
  return row && { user: userOf(row), passwordHash: row.password_hash };
};

/**
 * An address in lower case: ASCII letters only, whatever the locale. Any other difference means another mailbox, though
 * `toLowerCase` would make a k of the Kelvin sign.
 */
export const normalEmail = (email: string): string => email.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
