import { expect } from 'chai';
import { staleness } from '../node-modules.js';

describe('node_modules', () => {
  const locked = {
    '': { version: '1.0.0' },
    'services/ordering': { version: '0.1.0' },
    'node_modules/knex': { version: '3.3.0' },
    'node_modules/@biomejs/cli-darwin-arm64': { version: '2.6.8', optional: true },
    'node_modules/@orderstream/ordering': { link: true },
  };

  it('is fresh when all is installed but what is for other platforms', () => {
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
