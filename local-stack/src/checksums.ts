import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Checksums by file path, from the lines that `sha256sum` writes. */
export const parseChecksums = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [, checksum, path] = /^([0-9a-f]{64})\s+\*?(\S.*)$/.exec(line) ?? [];
        if (!checksum || !path) throw new Error(`not a checksum line: ${line}`);
        return [path.trim(), checksum];
      }),
  );

/** The wrong files: those that differ from their pin, are not pinned, or are missing. */
export const differences = (found: Map<string, string>, pinned: Map<string, string>): string[] => [
  ...[...found].flatMap(([path, checksum]) => {
    if (!pinned.has(path)) return [`${path} is not pinned`];
    return pinned.get(path) === checksum ? [] : [`${path} has another checksum than the pinned one`];
  }),
  ...[...pinned.keys()].filter((path) => !found.has(path)).map((path) => `${path} is missing`),
];

const sha256 = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** The checksum of every file in a folder, by `<prefix>/<name>`. */
export const checksumsOf = async (folder: string, prefix: string): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for (const name of (await readdir(folder)).sort()) found.set(`${prefix}/${name}`, await sha256(join(folder, name)));
  return found;
};
