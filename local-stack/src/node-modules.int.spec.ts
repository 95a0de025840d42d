import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorOf } from '@orderstream/testing';
import { expect } from 'chai';
import { ensureInstalled, lockDrift } from '../node-modules.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));

describe('the npm packages', function () {
  this.timeout(60_000);

  let root: string;
  const write = (file: string, manifest: object) => writeFileSync(join(root, file), JSON.stringify(manifest, null, 2));
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const npm = (cwd: string, ...args: string[]) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  /** A project with a workspace, and with a package that has an install script. */
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'orderstream-npm-'));
    copyFileSync(join(repository, '.npmrc'), join(root, '.npmrc'));
    for (const folder of ['scripted', 'services', 'services/one']) mkdirSync(join(root, folder));
    write('scripted/package.json', { name: 'scripted', version: '1.0.0', scripts: { postinstall: 'exit 1' } });
    npm(join(root, 'scripted'), 'pack', '--pack-destination', root);
    write('services/one/package.json', { name: '@a/one', version: '1.0.0', dependencies: { scripted: 'file:../../scripted-1.0.0.tgz' } });
    write('package.json', { name: 'a', version: '1.0.0', workspaces: ['services/*'] });
    npm(root, 'install', '--package-lock-only');
  });
  after(() => rmSync(root, { recursive: true }));

  it('are installed from the lock file, without output of npm, and without running install scripts', async () => {
    await ensureInstalled(root);
    expect(existsSync(join(root, 'node_modules/scripted/package.json'))).to.equal(true);
    const errors = execFileSync('sh', ['-c', 'npm ci 2>&1 >/dev/null'], { cwd: root, encoding: 'utf8' });
    expect(errors).to.equal('');
  });

  for (const [change, file, manifest] of [
    ['a package is added', 'package.json', { name: 'a', version: '1.0.0', workspaces: ['services/*'], devDependencies: { b: '1.0.0' } }],
    [
      'a package is of another version',
      'services/one/package.json',
      { name: '@a/one', version: '1.0.0', dependencies: { scripted: '2.0.0' } },
    ],
    ['a package is removed', 'services/one/package.json', { name: '@a/one', version: '1.0.0' }],
  ] as const)
    it(`are refused when ${change} but the lock file is unchanged, whether they are installed or not`, async () => {
      const [before, lock] = [read(file), read('package-lock.json')];
      write(file, manifest);
      try {
        for (const installed of [true, false]) {
          if (!installed) rmSync(join(root, 'node_modules'), { recursive: true, force: true });
          const { message } = await errorOf<Error>(ensureInstalled(root));
          expect(message).to.include('package-lock.json is not the lock file of these package.json files').and.include('Run npm install');
          expect(existsSync(join(root, 'node_modules'))).to.equal(installed);
        }
        expect(read('package-lock.json')).to.equal(lock);
      } finally {
        writeFileSync(join(root, file), before);
        await ensureInstalled(root);
      }
    });

  it('of this repository are locked consistently with its package.json files, for every platform', () => {
    expect(lockDrift(repository)).to.equal(undefined);
    const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
    const missing = Object.entries<{ optionalDependencies?: object }>(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !packages[`node_modules/${name}`] && !packages[`${folder}/node_modules/${name}`]),
    );
    expect(missing).to.deep.equal([]);
  });
});
