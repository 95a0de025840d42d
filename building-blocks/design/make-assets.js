// Makes what comes from npm anew: sprite.svg of the icons that icons.txt names, and the font. `npm run assets -w @orderstream/design`.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { resolve } = createRequire(import.meta.url);

/** @param {string} name */
const asset = (name) => fileURLToPath(new URL(`src/assets/${name}`, import.meta.url));

/** What is inside of an `<svg>`: an icon's stroke and size are the style sheet's. @param {string} svg */
const shapes = (svg) => svg.replace(/^[\s\S]*?<svg[^>]*>|<title>[\s\S]*<\/style>|<\/svg>[\s\S]*$/g, '').replace(/\s*\n\s*/g, '');

/** @param {string} name @param {string} svg */
const symbol = (name, svg) => `<symbol id="${name}" viewBox="0 0 24 24">${shapes(svg)}</symbol>`;

const icons = readFileSync(new URL('icons.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const symbols = [
  symbol('mark', readFileSync(asset('mark.svg'), 'utf8')),
  ...icons.map((name) => symbol(name, readFileSync(resolve(`lucide-static/icons/${name}.svg`), 'utf8'))),
];
writeFileSync(
  asset('sprite.svg'),
  `<!-- Lucide, ISC: see lucide-LICENSE.txt --><svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true">\n${symbols.join('\n')}\n</svg>\n`,
);

copyFileSync(resolve('lucide-static/LICENSE'), asset('lucide-LICENSE.txt'));
copyFileSync(resolve('@fontsource-variable/geist/files/geist-latin-wght-normal.woff2'), asset('geist.woff2'));
copyFileSync(resolve('@fontsource-variable/geist/LICENSE'), asset('geist-LICENSE.txt'));
console.log(`made a sprite of ${icons.length} icons, and copied the font`);
