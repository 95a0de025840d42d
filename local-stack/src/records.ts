import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bornAt, endLeftover, isAlive, type ProcessMark } from './processes.js';
import type { Stack } from './stack.js';

/**
 * The running processes of a stack, in a file, so that the next start, `reset` and `doctor` find them even after the
 * supervisor was killed.
 */
type Records = { supervisor?: ProcessMark & { portOffset: number }; programs: Record<string, ProcessMark> };

const file = (stack: Stack): string => join(stack.state, 'processes.json');

export const readRecords = (stack: Stack): Records => {
  try {
    return JSON.parse(readFileSync(file(stack), 'utf8'));
  } catch {
    return { programs: {} };
  }
};

const writeRecords = (stack: Stack, records: Records): void => {
  mkdirSync(stack.state, { recursive: true });
  writeFileSync(`${file(stack)}.new`, JSON.stringify(records, null, 2));
  renameSync(`${file(stack)}.new`, file(stack));
};

export const recordSupervisor = async (stack: Stack): Promise<void> => {
  const born = (await bornAt(process.pid)) ?? '';
  writeRecords(stack, { ...readRecords(stack), supervisor: { pid: process.pid, born, portOffset: stack.portOffset } });
};

export const forgetSupervisor = (stack: Stack): void => rmSync(file(stack), { force: true });

/** Updates the record of a program's process: its pid, or undefined once it has ended. */
export const recordProgram = async (stack: Stack, name: string, pid: number | undefined): Promise<void> => {
  const born = pid === undefined ? undefined : await bornAt(pid);
  const records = readRecords(stack);
  if (pid === undefined || born === undefined) delete records.programs[name];
  else records.programs[name] = { pid, born };
  writeRecords(stack, records);
};

export const runningSupervisor = async (stack: Stack): Promise<(ProcessMark & { portOffset: number }) | undefined> => {
  const { supervisor } = readRecords(stack);
  return supervisor && supervisor.pid !== process.pid && (await isAlive(supervisor)) ? supervisor : undefined;
};

/** Ends processes that a killed supervisor left running. @returns their names */
export const endLeftovers = async (stack: Stack): Promise<string[]> => {
  const { programs } = readRecords(stack);
  const ended = await Promise.all(
    Object.entries(programs).map(async ([name, mark]) => {
      if (!(await isAlive(mark))) return [];
      await endLeftover(mark, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
      return [name];
    }),
  );
  forgetSupervisor(stack);
  return ended.flat();
};
