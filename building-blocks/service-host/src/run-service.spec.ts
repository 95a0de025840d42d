import { expect } from 'chai';
import type { Component, Host } from './component.js';
import { createLogger } from './log.js';
import { createHost } from './run-service.js';

const log = createLogger('test', 'silent');

const setup = (parts: Record<string, Partial<Component>>, graceMs = 1_000) => {
  const calls: string[] = [];
  const exits: number[] = [];
  const components = Object.entries(parts).map(
    ([name, part]): Component => ({
      ...part,
      name,
      start: async (host: Host) => {
        calls.push(`start ${name}`);
        await part.start?.(host);
      },
      stop: async () => {
        calls.push(`stop ${name}`);
        await part.stop?.();
      },
    }),
  );
  return { calls, exits, host: createHost('test', components, { log, graceMs, exit: (code) => void exits.push(code) }) };
};

const rejection = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error: Error) => error.message,
  );

describe('a service', () => {
  it('starts its components in order and stops them in reverse', async () => {
    const { calls, exits, host } = setup({ a: {}, b: {} });
    await host.start();
    await host.stop();
    expect(calls).to.deep.equal(['start a', 'start b', 'stop b', 'stop a']);
    expect(exits).to.deep.equal([0]);
  });

  it('is ready when all of its components are', async () => {
    let ready = false;
    const { host } = setup({ a: {}, b: { isReady: () => ready } });
    expect(await host.notReady()).to.deep.equal(['a', 'b']);
    await host.start();
    expect(await host.notReady()).to.deep.equal(['b']);
    ready = true;
    expect(await host.isReady()).to.equal(true);
    const stopping = host.stop();
    expect(await host.notReady()).to.deep.equal(['stopping']);
    await stopping;
  });

  it('is not ready when the check of a component fails', async () => {
    const { host } = setup({ a: { isReady: () => Promise.reject(new Error('away')) } });
    await host.start();
    expect(await host.notReady()).to.deep.equal(['a']);
  });

  it('stops the started components when one does not start', async () => {
    const { calls, host } = setup({ a: {}, b: { start: () => Promise.reject(new Error('no')) }, c: {} });
    expect(await rejection(host.start())).to.equal('b did not start');
    await host.stop();
    expect(calls).to.deep.equal(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops the other components when one does not stop in time, and exits 1', async () => {
    const { calls, exits, host } = setup({ a: {}, b: { stop: () => new Promise(() => undefined) } }, 20);
    await host.start();
    await host.stop();
    expect(calls.at(-1)).to.equal('stop a');
    expect(exits).to.deep.equal([1]);
  });

  it('stops everything and exits 1 when a component fails', async () => {
    const { calls, exits, host } = setup({ a: { start: async (itself) => void setImmediate(() => itself.fail(new Error('lost'))) } });
    await host.start();
    await new Promise((resolve) => host.stopping.addEventListener('abort', resolve));
    await host.stop();
    expect(calls.at(-1)).to.equal('stop a');
    expect(exits).to.deep.equal([1]);
  });

  it('stops once, even when stop is called again', async () => {
    const { calls, exits, host } = setup({ a: {} });
    await host.start();
    await Promise.all([host.stop(), host.stop()]);
    expect(calls).to.deep.equal(['start a', 'stop a']);
    expect(exits).to.deep.equal([0]);
  });
});
