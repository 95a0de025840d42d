import { chown, lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reachableFolder, type Stack } from './stack.js';

/**
 * A data folder of the state folder. For a server that may not run as root the folder lies elsewhere, owned by that
 * server's user, and the state folder links to it. A missing link means that the state was cleared, so the data of an
 * earlier state are removed.
 */
export const dataFolder = async (stack: Stack, name: string, { runAs }: { runAs?: Stack['runAs'] } = {}): Promise<string> => {
  const folder = join(stack.state, name);
  if (!runAs) {
    await mkdir(folder, { recursive: true });
    return folder;
  }
  const target = reachableFolder(stack, name);
  if ((await readlink(folder).catch(() => undefined)) !== target) {
    await rm(folder, { recursive: true, force: true });
    await rm(target, { recursive: true, force: true });
    await mkdir(stack.state, { recursive: true });
    await symlink(target, folder);
  }
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await mkdir(target, { recursive: true, mode: 0o700 });
  await chown(target, runAs.uid, runAs.gid);
  return target;
};

/** Marks a folder as a stack's state, which may be cleared. */
export const stateMarker = (stack: Stack): string => join(stack.state, 'orderstream-state');

/** Removes a state folder with the data folders that it links to. */
export const clearState = async (stack: Stack): Promise<void> => {
  if (stack.runAs) await rm(dirname(reachableFolder(stack, 'any')), { recursive: true, force: true });
  await rm(stack.state, { recursive: true, force: true });
};

export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
