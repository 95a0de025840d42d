import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));

const documentsIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(\.|node_modules$|dist$)/.test(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });

/** The relative targets of a document's links, without their anchors. */
const linkedPaths = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!.split('#')[0]!)
    .filter((path) => path !== '' && !/^[a-z]+:/.test(path));

describe('the documents', () => {
  it('link only to files that exist', () => {
    const documents = documentsIn(root);
    expect(documents.length).to.be.above(20);
    const broken = documents.flatMap((document) =>
      linkedPaths(readFileSync(document, 'utf8'))
        .filter((path) => !existsSync(join(dirname(document), path)))
        .map((path) => `${relative(root, document)}: ${path}`),
    );
    expect(broken).to.deep.equal([]);
  });
});
