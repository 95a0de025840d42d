import { expect } from 'chai';
import { difference, staleness } from '../node-modules.js';

describe('node_modules', () => {
  const locked = {
    '': { version: '1.0.0' },
    'services/ordering': { version: '0.1.0' },
    'node_modules/knex': { version: '3.3.0' },
    'node_modules/@biomejs/cli-darwin-arm64': { version: '2.6.8', optional: true },
    'node_modules/@orderstream/ordering': { link: true },
  };

  it('is up to date when everything except packages for other platforms is installed', () => {
    expect(staleness(locked, { 'node_modules/knex': { version: '3.3.0' }, 'node_modules/@orderstream/ordering': { link: true } })).to.equal(
      undefined,
    );
  });

  it('is stale when a package is missing or of another version', () => {
    expect(staleness(locked, { 'node_modules/@orderstream/ordering': { link: true } })).to.equal('node_modules/knex is missing');
    expect(staleness(locked, { 'node_modules/knex': { version: '3.2.0' } })).to.equal(
      'node_modules/knex is 3.2.0, the lock file says 3.3.0',
    );
  });
});

describe('the lock file', () => {
  const locked = {
    '': { version: '0.1.0', dependencies: { pg: '8.23.1' }, devDependencies: { mocha: '12.0.3' } },
    'services/ordering': { dependencies: { '@orderstream/contracts': '*' }, peerDependencies: { zod: '4.6.0' } },
    'node_modules/pg': { version: '8.23.1' },
  };
  const root = { dependencies: { pg: '8.23.1' }, devDependencies: { mocha: '12.0.3' } };
  const ordering = { dependencies: { '@orderstream/contracts': '*' }, peerDependencies: { zod: '4.6.0' } };

  it('matches package.json files with the same dependencies', () => {
    expect(difference({ '': root, 'services/ordering': ordering }, locked)).to.equal(undefined);
  });

  it('differs when a package is added, removed, of another version or kind, or a workspace is new', () => {
    const drift = (manifest: object) => difference({ '': root, 'services/ordering': manifest }, locked);
    expect(drift({ ...ordering, optionalDependencies: { ws: '8.0.0' } })).to.equal(
      'services/ordering/package.json says ws 8.0.0, it says nothing',
    );
    expect(drift({ ...ordering, dependencies: {} })).to.equal(
      'services/ordering/package.json says @orderstream/contracts no more, it says *',
    );
    expect(drift({ ...ordering, peerDependencies: { zod: '4.7.0' } })).to.equal(
      'services/ordering/package.json says zod 4.7.0, it says 4.6.0',
    );
    expect(difference({ '': { ...root, dependencies: {}, devDependencies: { mocha: '12.0.3', pg: '8.23.1' } } }, locked)).to.include('pg');
    expect(difference({ '': root, 'services/shipping': {} }, locked)).to.equal('services/shipping/package.json is not in it');
  });
});
