import type { Knex } from 'knex';

/** Invisible characters: soft hyphens, joiners, marks of direction, variation selectors, fillers, tags. */
const unseen =
  '[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\U000E0000-\\U000E0FFF]';

/**
 * A text folded for comparison: in any case (Unicode's full folding: ß is ss, all sigmas are equal), width and
 * composition, without invisible characters, and without accents on Latin and Greek letters. It does not depend on a
 * locale. Marks that make another letter stay: ガ, й. It is immutable as long as the server's Unicode data and rules for
 * `unaccent` are; after an upgrade that changed them, `search_name` has to be computed again.
 */
const createFolded = `
  create function folded(name text) returns text language sql immutable strict parallel safe
  return casefold(
    unaccent('unaccent'::regdictionary,
      normalize(casefold(normalize(regexp_replace(name, '${unseen}', '', 'g'), nfkc) collate "pg_unicode_fast"), nfkc))
    collate "pg_unicode_fast")`;

/** Renames categories whose folded names are equal: the oldest keeps its name, the others get a number. */
const numberDuplicates = async (db: Knex): Promise<void> => {
  const { rows: duplicates } = await db.raw<{ rows: { id: string; name: string }[] }>(
    `select id, name from categories as c
      where exists (select from categories as older where folded(older.name) = folded(c.name) and older.id < c.id)
      order by id`,
  );
  for (const { id, name } of duplicates) {
    const numbered = (number: number): string => `${[...name].slice(0, 190).join('')} (${number})`;
    let number = 2;
    while (await isTaken(db, numbered(number))) number += 1;
    await db.raw('update categories set name = ? where id = ?', [numbered(number), id]);
  }
};

const isTaken = async (db: Knex, name: string): Promise<boolean> =>
  (await db.raw<{ rows: unknown[] }>('select from categories where folded(name) = folded(?)', [name])).rows.length > 0;

const setSearchName = async (db: Knex, expression: string): Promise<void> => {
  for (const table of ['categories', 'products']) {
    await db.raw(`alter table ${table} alter column search_name set expression as (${expression})`);
  }
};

export const up = (db: Knex): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.raw('create extension if not exists unaccent');
    await tx.raw(createFolded);
    await tx.raw('lock table categories in access exclusive mode'); // no category can be inserted meanwhile
    await numberDuplicates(tx);
    await setSearchName(tx, 'folded(name)');
  });

export const down = async (db: Knex): Promise<void> => {
  await setSearchName(db, 'lower(normalize(name, nfc) collate "pg_c_utf8")');
  await db.raw('drop function folded');
  await db.raw('drop extension unaccent');
};
