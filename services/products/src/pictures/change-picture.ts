import type { ProductView } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { announceUpdates, type Change, lockProduct } from '../catalogue/edit-product.js';
import type { Picture } from './convert-picture.js';
import { savePicture } from './picture-store.js';

/** Gives a product a picture, or none. The one that it has already is not announced. */
export const changePicture = async (tx: Transaction, id: string, picture: Picture | null, change: Change): Promise<ProductView> => {
  const product = await lockProduct(tx, id, change);
  if (!(await savePicture(tx, id, picture))) return product;
  const [updated] = await announceUpdates(tx, [id], change.context);
  return updated!;
};
