import { NotFound, ProductView, Unavailable } from '@orderstream/contracts';
import { type Api, api, mediaType, Reply, requireVersion, withEtag } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { z } from 'zod';
import { exampleChanged, exampleNotFound, ifMatchHint } from '../catalogue/product-routes.js';
import { getProduct } from '../catalogue/product-view.js';
import { changePicture } from './change-picture.js';
import {
  convertPicture,
  maxBytes,
  mediaTypes,
  pictureBroken,
  pictureMissing,
  pictureTooLarge,
  pictureTypeUnknown,
  type Width,
} from './convert-picture.js';
import { findPicture } from './picture-store.js';

const pictureNotFound = (): NotFound => new NotFound('picture-not-found', 'There is no such picture');
const overloaded = new Unavailable('overloaded', 'Too many requests of this kind at once; try again', { retryAfterSeconds: 1 });

/** Its address has the hash of its content, so it never changes. Opened on its own, it can run nothing. */
const headers = {
  'content-type': 'image/webp',
  'cache-control': 'public, max-age=31536000, immutable',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
};

export const pictureRoutes = ({ db }: { db: Database }): Api =>
  api('Pictures', '/products')
    .get(
      '/products/images/:hash',
      {
        summary: 'Get a picture',
        description: 'The `imageUrl` of a product. `w` is its width in pixels; a picture that is smaller is not enlarged.',
        who: 'anyone',
        params: z.strictObject({ hash: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits') }),
        query: z.strictObject({ w: z.enum(['320', '640', '1280'], { error: 'must be 320, 640 or 1280' }).default('1280') }),
        answers: { 200: mediaType('image/webp') },
        refusals: [pictureNotFound()],
      },
      async ({ params, query }) => {
        const content = await findPicture(db, params.hash, Number(query.w) as Width);
        if (!content) throw pictureNotFound();
        return new Reply(200, content, headers);
      },
    )
    .put(
      '/products/:id/image',
      {
        summary: 'Set the picture of a product',
        description:
          `PNG, JPEG, WebP or AVIF, up to 2 MB; the content counts, not the \`Content-Type\`. Its metadata are removed, and it is turned as ` +
          `they say. ${ifMatchHint}`,
        who: 'admin',
        scope: 'catalogue:write',
        upload: { mediaTypes, maxBytes },
        answers: { 200: ProductView },
        refusals: [exampleNotFound, exampleChanged, pictureMissing(), pictureBroken(), pictureTypeUnknown(), pictureTooLarge(), overloaded],
      },
      async ({ params: { id }, upload, req, context }) => {
        const ifMatch = req.headers['if-match'];
        const product = await getProduct(db, id);
        requireVersion(ifMatch, product.version, 'product-changed', product); // rather than convert a picture in vain
        const picture = await convertPicture(upload);
        return withEtag(await inTransaction(db, (tx) => changePicture(tx, id, picture, { ifMatch, context })));
      },
    )
    .delete(
      '/products/:id/image',
      {
        summary: 'Remove the picture of a product',
        description: ifMatchHint,
        who: 'admin',
        scope: 'catalogue:write',
        answers: { 200: ProductView },
        refusals: [exampleNotFound, exampleChanged],
      },
      async ({ params, req, context }) =>
        withEtag(await inTransaction(db, (tx) => changePicture(tx, params.id, null, { ifMatch: req.headers['if-match'], context }))),
    );
