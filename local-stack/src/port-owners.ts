import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

type Owner = { pid: number; command: string };

/** The ports in use, each with its owner as far as this user may see it. */
export const takenPorts = async (ports: Record<string, number>): Promise<string[]> => {
  const taken = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => {
      if (await isFree(port)) return [];
      const owner = await portOwner(port);
      return [`port ${port} (${name}) is taken by ${owner ? `pid ${owner.pid}: ${owner.command}` : 'a process of another user'}`];
    }),
  );
  return taken.flat();
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

const portOwner = async (port: number): Promise<Owner | undefined> => {
  if (process.platform === 'linux') return ownerByProc(port);
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']).catch(() => ({ stdout: '' }));
  return ownerByLsof(stdout);
};

/** Parses `lsof -Fpc`: one line for each field, whose first letter names the field. */
export const ownerByLsof = (output: string): Owner | undefined => {
  const field = (letter: string) => new RegExp(`^${letter}(.*)$`, 'm').exec(output)?.[1];
  const pid = field('p');
  return pid ? { pid: Number(pid), command: field('c') ?? '' } : undefined;
};

/** Parses a table like /proc/net/tcp: the inodes of the sockets that listen on the port. */
export const listeningInodes = (table: string, port: number): string[] => {
  const listening = '0A';
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === listening && Number.parseInt(local.split(':').at(-1) ?? '', 16) === port)
    .map((fields) => fields[9] ?? '');
};

const ownerByProc = (port: number): Owner | undefined => {
  const read = (file: string): string => attempt(() => readFileSync(file, 'utf8')) ?? '';
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(read(file), port)));
  if (inodes.size === 0) return undefined;
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const handles = attempt(() => readdirSync(`/proc/${name}/fd`)) ?? [];
    const holds = handles.some((handle) => {
      const target = attempt(() => readlinkSync(`/proc/${name}/fd/${handle}`)) ?? '';
      return target.startsWith('socket:[') && inodes.has(target.slice(8, -1));
    });
    if (holds) return { pid: Number(name), command: read(`/proc/${name}/cmdline`).split('\0').join(' ').trim().slice(0, 160) };
  }
  return undefined;
};

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
