import { designAssets, designVersion } from '@orderstream/design';
import { Router } from 'express';

/**
 * The design's assets under `/identity/assets`, cached for ever. During an update a page may come from another version
 * of the service: its assets are these, but not kept.
 */
export const assetRoutes = (): Router => {
  const router = Router();
  router.get('/identity/assets/:version/:name', (req, res, next) => {
    const asset = designAssets.get(req.params.name);
    if (!asset) return next();
    res.locals.route = '/identity/assets'; // the label in the metrics
    res.set({
      'content-type': asset.contentType,
      'x-content-type-options': 'nosniff',
      'cache-control': req.params.version === designVersion ? 'public, max-age=31536000, immutable' : 'no-store',
    });
    res.end(asset.body);
  });
  return router;
};
