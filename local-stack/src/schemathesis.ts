import { chmod, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './fetch.js';
import { exists } from './folders.js';
import type { Stack } from './stack.js';

/** The folder of the packages of Schemathesis, for `PYTHONPATH`. It is fetched into the cache when it is missing. */
export const schemathesis = async (stack: Stack): Promise<string> => {
  const requirements = join(stack.root, 'local-stack/schemathesis-requirements.txt');
  const [, version] = /^schemathesis==(\S+)/m.exec(await readFile(requirements, 'utf8')) ?? [];
  // some of its packages are built for one version of Python
  const python = await run({}, 'python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const home = join(stack.cache, `schemathesis-${version}-python-${python.trim()}`);
  if (await exists(home)) return home;

  await mkdir(stack.cache, { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(join(stack.cache, 'fetching-'));
  try {
    await chmod(folder, 0o755);
    const pip = ['-m', 'pip', 'install', '-q', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    await run({}, 'python3', [...pip, '-r', requirements, '--target', folder]);
    await rename(folder, home);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return home;
};
