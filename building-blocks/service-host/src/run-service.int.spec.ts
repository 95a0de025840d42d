import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

const root = new URL('../../../', import.meta.url).pathname;

/** Runs `source` as the main module of a process of its own. */
const run = (
  source: string,
  env: Record<string, string> = {},
): { child: ChildProcess; output: () => string; said: (text: string) => Promise<void> } => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
      for (const listener of listeners) listener();
    });
  }
  const said = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!output.includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  return { child, output: () => output, said };
};

const exitCode = async (child: ChildProcess): Promise<number | null> =>
  child.exitCode ?? ((await once(child, 'exit')) as [number | null])[0];

const service = (components: string): string =>
  `import { runService, loadConfig, HttpConfig } from '@orderstream/service-host'; import { z } from 'zod'; ${components}`;

describe('runService', function () {
  this.timeout(20_000);

  it('stops and exits 0 on SIGTERM', async () => {
    const { child, output, said } = run(
      service(`const keep = setInterval(() => {}, 1000);
        await runService('demo', [{ name: 'a', start: async () => {}, stop: async () => clearInterval(keep) }]);`),
    );
    await said('"msg":"started"');
    child.kill('SIGTERM');
    expect(await exitCode(child)).to.equal(0);
    expect(output()).to.contain('"msg":"stopped"').and.to.contain('"service":"demo"');
  });

  it('exits 1 at once on a second signal', async () => {
    const { child, said } = run(
      service(`const keep = setInterval(() => {}, 1000);
        await runService('demo', [{ name: 'a', start: async () => {}, stop: () => new Promise(() => {}) }]);`),
    );
    await said('"msg":"started"');
    child.kill('SIGTERM');
    await said('"msg":"stopping"');
    child.kill('SIGTERM');
    expect(await exitCode(child)).to.equal(1);
  });

  for (const [what, components, text] of [
    [
      'a component fails to start',
      `await runService('demo', [{ name: 'a', start: async () => { throw new Error('port taken'); }, stop: async () => {} }]);`,
      'port taken',
    ],
    [
      'there is an unhandled rejection',
      `await runService('demo', []); Promise.reject(new Error('forgotten')); setInterval(() => {}, 1000);`,
      'forgotten',
    ],
    [
      'there is an uncaught exception',
      `await runService('demo', []); setTimeout(() => { throw new Error('thrown'); }); setInterval(() => {}, 1000);`,
      'thrown',
    ],
  ] as const) {
    it(`logs a fatal error and exits 1 when ${what}`, async () => {
      const { child, output } = run(service(components));
      expect(await exitCode(child)).to.equal(1);
      expect(output()).to.contain('"level":"fatal"').and.to.contain(text);
    });
  }

  it('is not called with an incomplete configuration', async () => {
    const { child, output } = run(service(`loadConfig(z.object(HttpConfig)); console.log('reached');`), { PORT: 'x', LOG_LEVEL: 'loud' });
    expect(await exitCode(child)).to.equal(1);
    expect(output()).to.contain('PORT must be a whole number').and.to.contain('LOG_LEVEL').and.not.to.contain('reached');
  });
});
