import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

export type Asset = { contentType: string; body: Buffer };

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Beside this file, and beside a service's bundle: the build copies them there. */
const folder = new URL('./assets/', import.meta.url);

const isServed = (name: string): boolean => contentTypes[extname(name)] !== undefined;

/** What a browser may load, by its name. */
export const designAssets: ReadonlyMap<string, Asset> = new Map(
  readdirSync(folder)
    .filter(isServed)
    .sort()
    .map((name) => [name, { contentType: contentTypes[extname(name)]!, body: readFileSync(new URL(name, folder)) }]),
);

const hashOf = (assets: ReadonlyMap<string, Asset>): string => {
  const hash = createHash('sha256');
  for (const [name, { body }] of assets) hash.update(`${name} ${body.length} `).update(body);
  return hash.digest('base64url').slice(0, 12);
};

/** A hash of them all, so that they can refer to one another by name and be cached for ever. */
export const designVersion = hashOf(designAssets);

/**
 * @param path where the assets are served, such as `/api/identity/assets`
 * @throws RangeError for a name that is no asset
 */
export const assetUrl = (path: string, name: string): string => {
  if (!designAssets.has(name)) throw new RangeError(`${name} is no asset of the design`);
  return `${path}/${designVersion}/${name}`;
};
