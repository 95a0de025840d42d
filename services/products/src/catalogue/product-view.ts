import { NotFound, type ProductView } from '@orderstream/contracts';
import type { Queryable } from '@orderstream/persistence';

export type ProductRow = {
  id: string;
  name: string;
  description: string;
  price_amount: number;
  price_currency: string;
  categories: ProductView['categories'];
  picture_hash: string | null;
  picture_width: number | null;
  picture_height: number | null;
  available: number;
  version: number;
  created_at: Date;
  updated_at: Date;
};

/** The select list and the joins of a product view: `p` is the product, `s` its stock. */
export const productColumns = `p.id, p.name, p.description, p.price_amount, p.price_currency, p.version, p.created_at, p.updated_at,
  s.quantity - s.reserved as available, p.picture_hash, pictures.width as picture_width, pictures.height as picture_height,
  array(select jsonb_build_object('id', c.id, 'name', c.name)
        from product_categories pc join categories c on c.id = pc.category_id
        where pc.product_id = p.id order by c.search_name) as categories`;
export const productTables = 'products p join stock s on s.product_id = p.id left join pictures on pictures.hash = p.picture_hash';

export const toProductView = (row: ProductRow): ProductView => ({
  id: row.id,
  name: row.name,
  description: row.description,
  price: { amount: row.price_amount, currency: row.price_currency },
  categories: row.categories,
  imageUrl: row.picture_hash && `/api/products/images/${row.picture_hash}`,
  imageWidth: row.picture_width,
  imageHeight: row.picture_height,
  available: row.available,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

/** The products with these ids that are for sale. */
export const findProducts = async (db: Queryable, ids: readonly string[]): Promise<ProductView[]> => {
  const { rows } = await db.query<ProductRow>(
    `select ${productColumns} from ${productTables} where p.id = any($1::uuid[]) and p.deleted_at is null order by p.id`,
    [ids],
  );
  return rows.map(toProductView);
};

/** @throws NotFound, also for one that is no longer for sale */
export const getProduct = async (db: Queryable, id: string): Promise<ProductView> => {
  const [product] = await findProducts(db, [id]);
  if (!product) throw productNotFound(id);
  return product;
};

export const productNotFound = (id: string): NotFound => new NotFound('product-not-found', `There is no product ${id}`);
