import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compose = readFileSync(`${root}docker-compose.yml`, 'utf8');

/** The lines of a block that begins with `title` at this depth. */
const block = (title: string, depth = ''): string =>
  new RegExp(`^${depth}${title}\\n((?:${depth} +.*\\n|\\n)*)`, 'm').exec(compose)?.[1] ?? '';

/** The variables that docker-compose.yml names for a service, including those of the blocks that it merges. */
const namedFor = (service: string): string[] => {
  const own = block(`${service}:`, '  ');
  const merged = [...own.matchAll(/<<: (?:\[(.*)\]|\*([\w-]+))/g)].flatMap(([, list, one]) => list?.match(/[\w-]+/g) ?? [one ?? '']);
  const texts = [own, ...merged.map((anchor) => block(`x-[\\w-]+: &${anchor}`))];
  return texts.flatMap((text) => [...text.matchAll(/^ +([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => name));
};

/** The variables that deploy/docker/Dockerfile sets. */
const ofTheImage = ['PORT', 'HOST'];

describe('docker-compose.yml', function () {
  this.timeout(60_000); // reads all services' code

  for (const service of readdirSync(`${root}services`).filter((name) => name !== 'mailbox')) // compose has Mailpit instead
    it(`passes every variable that ${service} declares`, async () => {
      const { Config } = await import(`../../services/${service}/src/config.ts`);
      const missing = Object.keys(Config.shape).filter((name) => !namedFor(service).includes(name) && !ofTheImage.includes(name));
      expect(missing).to.deep.equal([]);
    });
});
