import { lockNames, type Queryable, type Transaction } from '@orderstream/persistence';
import type { Picture, Width } from './convert-picture.js';

/** How long a picture stays that no product shows any more: open pages and copies of the catalogue still have its URL. */
const keptDays = 1;

/** One change at a time, so that no picture is removed that another product begins to show. */
const lockPictures = (tx: Transaction): Promise<void> => lockNames(tx, ['pictures']);

const insertPicture = async (tx: Transaction, { hash, width, height, sizes }: Picture): Promise<void> => {
  const { rowCount } = await tx.query('insert into pictures (hash, width, height) values ($1, $2, $3) on conflict (hash) do nothing', [
    hash,
    width,
    height,
  ]);
  if (rowCount === 0) return;
  await tx.query('insert into picture_sizes (hash, width, content) select $1, * from unnest($2::int[], $3::bytea[])', [
    hash,
    sizes.map((size) => size.width),
    sizes.map((size) => size.content),
  ]);
};

/** Notes which of these pictures a product shows, and removes those that none has shown for long. */
const noteUse = async (tx: Transaction, hashes: readonly (string | null)[]): Promise<void> => {
  await tx.query(
    `update pictures set unused_since =
        case when exists (select from products where picture_hash = hash and deleted_at is null) then null else now() end
      where hash = any($1::text[])`,
    [hashes],
  );
  await tx.query(`delete from pictures where unused_since < now() - make_interval(days => $1)`, [keptDays]);
};

/** Sets the picture of a product, which the caller has locked. @returns whether it had another */
export const savePicture = async (tx: Transaction, productId: string, picture: Picture | null): Promise<boolean> => {
  await lockPictures(tx);
  if (picture) await insertPicture(tx, picture);
  const hash = picture?.hash ?? null;
  const { rows } = await tx.query<{ before: string | null }>(
    'update products set picture_hash = $2 where id = $1 and picture_hash is distinct from $2 returning old.picture_hash as before',
    [productId, hash],
  );
  if (!rows[0]) return false;
  await noteUse(tx, [rows[0].before, hash]);
  return true;
};

/** Notes that a product is no longer shown. */
export const leavePicture = async (tx: Transaction, productId: string): Promise<void> => {
  await lockPictures(tx);
  const { rows } = await tx.query<{ hash: string | null }>('select picture_hash as hash from products where id = $1', [productId]);
  await noteUse(
    tx,
    rows.map(({ hash }) => hash),
  );
};

/** The WebP of a picture in a width. */
export const findPicture = async (db: Queryable, hash: string, width: Width): Promise<Buffer | undefined> => {
  const { rows } = await db.query<{ content: Buffer }>('select content from picture_sizes where hash = $1 and width = $2', [hash, width]);
  return rows[0]?.content;
};
