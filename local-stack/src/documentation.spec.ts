import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));
const notOurs = /^(node_modules|dist|\..*)$/;

const filesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !notOurs.test(name))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]));

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const files = filesUnder('.');
const documents = files.filter((file) => file.endsWith('.md') && !file.startsWith('docs/decisions/') && file !== 'CHANGELOG.md');
const withoutExamples = (text: string): string => text.replace(/^```.*?^```$/gms, '');

describe('a document', function () {
  this.timeout(60_000);

  /** Every word of the code and its configuration. */
  const words = new Set(
    files
      .filter((file) => /\.(ts|js|json|ya?ml|sh|properties|xml)$/.test(file) && !file.endsWith('-lock.json'))
      .flatMap((file) => read(file).match(/\w+/g) ?? []),
  );
  /** Placeholders for the reader's own values. */
  const placeholders = ['TheEvent', 'CORRELATION_ID', 'OIDC_', 'WATCH_'];

  /** A name that looks like code, such as `appendToOutbox` or `jobs_total`. */
  const namesIn = (text: string): string[] =>
    [...withoutExamples(text).matchAll(/`([^`\n]+)`/g)]
      .flatMap(([, code]) => code!.match(/[A-Za-z]\w*/g) ?? [])
      .filter((name) => /[a-z][A-Z]|_/.test(name));

  const anchorsOf = (text: string): string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );

  for (const document of documents) {
    it(`${document} contains only names that exist in the code`, () => {
      expect(namesIn(read(document)).filter((name) => !words.has(name) && !placeholders.includes(name))).to.deep.equal([]);
    });

    it(`${document} has no broken link`, () => {
      const links = [...withoutExamples(read(document)).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)];
      const broken = links.filter(([, path, anchor]) => {
        const target = path ? join(dirname(document), path) : document;
        if (anchor) return !files.includes(target) || !anchorsOf(read(target)).includes(anchor);
        return (
          !files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`)) && !readdirSync(root).includes(target)
        );
      });
      expect(broken.map(([link]) => link)).to.deep.equal([]);
    });
  }
});

/**
 * The exports of an index. The file is parsed, not imported: imported a second time beside other suites, it would
 * register its metrics twice.
 */
const exportsOf = (folder: string): string[] => {
  const index = read(`${folder}/index.ts`);
  const listed = [...index.matchAll(/^export \{(.*?)\}/gms)].flatMap(([, names]) => names!.split(',').map((name) => name.trim()));
  const whole = [...index.matchAll(/^export \* from '\.\/(.*)\.js'/gm)].flatMap(([, file]) =>
    [...read(`${folder}/${file}.ts`).matchAll(/^export (?:const|class|function) (\w+)/gm)].map(([, name]) => name!),
  );
  return [...listed, ...whole].filter((name) => name !== '' && !name.startsWith('type '));
};

describe('the README of a building block', () => {
  // contracts has too many exports to list them
  for (const block of readdirSync(join(root, 'building-blocks')).filter((name) => name !== 'contracts'))
    it(`names every export of ${block}`, () => {
      const named = new Set(read(`building-blocks/${block}/README.md`).match(/\w+/g));
      const exported = exportsOf(`building-blocks/${block}/src`);
      expect(exported.filter((name) => !named.has(name))).to.deep.equal([]);
    });
});

/** A zod schema. */
type Variable = { def: { type: string; defaultValue?: unknown } };

describe('the README of a service', function () {
  this.timeout(60_000); // reads all services' code

  /**
   * A default as the README writes it: numbers with or without blanks between the thousands, `–` for none, `none` for
   * an optional variable.
   */
  const written = ({ def: { type, defaultValue } }: Variable): string => {
    if (type === 'optional') return 'none';
    if (type !== 'default') return '–';
    return Array.isArray(defaultValue) && defaultValue.length === 0 ? 'none' : String(defaultValue);
  };

  /** The variables of its table, with their defaults: one default for each, or one for all variables of a row. */
  const tableOf = (readme: string): Record<string, string> => {
    const rows = (/^## Configuration\n(.*?)^## /ms.exec(readme)?.[1] ?? '')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const column = rows[0]?.indexOf('Default') ?? -1;
    return Object.fromEntries(
      rows.flatMap(([name = '', ...cells]) => {
        const variables = [...name.matchAll(/`(\w+)`/g)].map(([, variable]) => variable!);
        const defaults = (cells[column - 1] ?? '').split(', ').map((text) => text.replace(/:.*$| m?s$|[`\s]/g, ''));
        return variables.map((variable, index) => [variable, defaults[index] ?? defaults[0]!] as const);
      }),
    );
  };

  for (const service of readdirSync(join(root, 'services')))
    it(`lists the variables of ${service} with their defaults`, async () => {
      const { Config } = (await import(`../../services/${service}/src/config.ts`)) as { Config: { shape: Record<string, Variable> } };
      const declared = Object.entries(Config.shape).map(([name, schema]) => [name, written(schema)]);
      expect(tableOf(read(`services/${service}/README.md`))).to.deep.equal(Object.fromEntries(declared));
    });
});
