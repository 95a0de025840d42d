import { type MessageContext, NotFound, PreconditionFailed } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { changePicture } from '../pictures/change-picture.js';
import { convertDrawing } from '../pictures/convert-picture.js';
import { demoProducts } from './demo-products.js';

/** The demo products that nobody has changed, and so have no picture yet. */
const unchanged = async (db: Database): Promise<typeof demoProducts> => {
  const ids = demoProducts.map(({ id }) => id);
  const { rows } = await db.query<{ id: string }>('select id from products where id = any($1) and version = 1', [ids]);
  return demoProducts.filter(({ id }) => rows.some((row) => row.id === id));
};

/**
 * Draws the pictures of the demo products that have none, as `PUT` would set them. Each is drawn outside of a
 * transaction, because that takes a while. Safe to repeat.
 *
 * @returns how many were drawn
 */
export const seedDemoPictures = async (db: Database, context: MessageContext): Promise<number> => {
  let drawn = 0;
  for (const { id, picture } of await unchanged(db)) {
    const converted = await convertDrawing(picture);
    try {
      await inTransaction(db, (tx) => changePicture(tx, id, converted, { ifMatch: '"1"', context }));
      drawn += 1;
    } catch (error) {
      const isChanged = error instanceof PreconditionFailed || error instanceof NotFound;
      if (!isChanged) throw error; // else somebody was faster
    }
  }
  return drawn;
};
