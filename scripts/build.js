// Bundles what runs: each service's main.ts, and its other entry points, into services/<name>/dist. Our own packages go in, npm packages stay out.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const entryPoints = ['main', 'seed', 'rotate-keys'];

const services = readdirSync(`${root}services`).filter((name) => existsSync(`${root}services/${name}/src/main.ts`));
const ours = readdirSync(`${root}building-blocks`);
const begun = Date.now();

await Promise.all(
  services.map((service) =>
    build({
      entryPoints: entryPoints.map((entry) => `${root}services/${service}/src/${entry}.ts`).filter((file) => existsSync(file)),
      outdir: `${root}services/${service}/dist`,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      packages: 'external',
      alias: Object.fromEntries(ours.map((name) => [`@orderstream/${name}`, `${root}building-blocks/${name}/src/index.ts`])),
      logLevel: 'warning',
    }),
  ),
);
console.log(`built ${services.join(', ')} in ${Date.now() - begun} ms`);
