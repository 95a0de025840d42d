// Bundles each service's main.ts and its other entry points into services/<name>/dist, npm packages included.
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entryPoints = ['main', 'seed', 'rotate-keys'];

/** Native code, and optional packages: knex's other databases, pg's other drivers. */
const external = [
  '@node-rs/argon2',
  'better-sqlite3',
  'mariadb/callback',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'sharp',
  'sqlite3',
  'tedious',
];

/** Globals that CommonJS packages need, and that a module does not have. */
const commonJs = `
import { createRequire as createRequireOfBundle } from 'node:module';
import { dirname as dirnameOfBundle } from 'node:path';
import { fileURLToPath as fileOfBundle } from 'node:url';
const require = createRequireOfBundle(import.meta.url);
const __filename = fileOfBundle(import.meta.url);
const __dirname = dirnameOfBundle(__filename);
`;

/** Gives packages an empty source map: a full one would cost Node 40 MB for each service. */
const withoutMaps = {
  name: 'packages without source maps',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, 'utf8')}\n${emptyMap}`,
    })),
};
const emptyMap = `//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[""],"mappings":"AAAA"}')}`;

/**
 * The last change of a file or folder in here, ms. A folder changes when a file in it comes or goes.
 *
 * @param {string} path
 * @returns {number}
 */
const lastChange = (path) => {
  const stat = statSync(path);
  const inside = stat.isDirectory() ? readdirSync(path).map((name) => lastChange(join(path, name))) : [];
  return Math.max(stat.mtimeMs, ...inside);
};

const services = readdirSync(`${root}services`).filter((name) => existsSync(`${root}services/${name}/src/main.ts`));
const ours = readdirSync(`${root}building-blocks`);
const sources = [
  ...ours.flatMap((name) => [`building-blocks/${name}/src`, `building-blocks/${name}/package.json`]),
  ...services.map((name) => `services/${name}/src`),
  ...['scripts/build.js', 'package-lock.json', 'node_modules/.package-lock.json'],
].filter((path) => existsSync(root + path));

const entries = services.flatMap((service) => entryPoints.map((entry) => [`${service}/dist/${entry}`, `${service}/src/${entry}.ts`]));
const bundles = entries.filter(([, source]) => existsSync(`${root}services/${source}`));

/** What a building block reads from its folder `assets`, it reads beside the bundle. @param {string} service */
const copyAssets = (service) => {
  const { dependencies } = JSON.parse(readFileSync(`${root}services/${service}/package.json`, 'utf8'));
  for (const name of ours.filter((block) => dependencies[`@orderstream/${block}`])) {
    const assets = `${root}building-blocks/${name}/src/assets`;
    if (existsSync(assets)) cpSync(assets, `${root}services/${service}/dist/assets`, { recursive: true });
  }
};

/** Written when everything is built, so that an interrupted build does not count. */
const stamp = `${root}node_modules/.orderstream-bundles`;
const changed = Math.max(...sources.map((path) => lastChange(root + path)));
const isUpToDate =
  existsSync(stamp) && statSync(stamp).mtimeMs > changed && bundles.every(([bundle]) => existsSync(`${root}services/${bundle}.js`));

if (isUpToDate) console.log('the bundles are up to date');
else {
  const begun = Date.now();
  const { build } = await import('esbuild');
  await build({
    entryPoints: Object.fromEntries(bundles.map(([bundle, source]) => [bundle, `${root}services/${source}`])),
    outdir: `${root}services`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    plugins: [withoutMaps],
    external,
    banner: { js: commonJs },
    alias: Object.fromEntries(ours.map((name) => [`@orderstream/${name}`, `${root}building-blocks/${name}/src/index.ts`])),
    logLevel: 'warning',
  });
  services.forEach(copyAssets);
  writeFileSync(stamp, '');
  console.log(`built ${services.join(', ')} in ${Date.now() - begun} ms`);
}
