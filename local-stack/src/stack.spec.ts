import { expect } from 'chai';
import { reachableFolder, stackFrom } from './stack.js';

describe('a stack', () => {
  it('keeps its state in the configured folder', () => {
    const stack = stackFrom({ ORDERSTREAM_STATE_DIR: '/tmp/elsewhere', PORT_OFFSET: '10000' }, false);
    expect(stack).to.include({ state: '/tmp/elsewhere', logs: '/tmp/elsewhere/logs', portOffset: 10_000, runAs: undefined });
  });

  it('keeps the servers outside the repository', () => {
    expect(stackFrom({ XDG_CACHE_HOME: '/tmp/cache' }, false).cache).to.equal('/tmp/cache/orderstream');
  });

  it('has a separate folder for data of servers that may not run as root', () => {
    const one = reachableFolder(stackFrom({ ORDERSTREAM_STATE_DIR: '/root/one' }, true), 'postgres');
    const other = reachableFolder(stackFrom({ ORDERSTREAM_STATE_DIR: '/root/other' }, true), 'postgres');
    expect(one).to.match(/^\/var\/lib\/orderstream\/[0-9a-f]{12}\/postgres$/);
    expect(other).to.not.equal(one);
  });
});
