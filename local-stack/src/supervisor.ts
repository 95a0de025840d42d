import { join } from 'node:path';
import type { Program } from './program.js';
import { type Supervised, supervise } from './program.js';
import { recordProgram } from './records.js';
import type { Stack } from './stack.js';

export type Supervisor = ReturnType<typeof supervisor>;

/**
 * Keeps a stack's programs running, in stages: those of one stage start and stop together, stages stop in reverse
 * order.
 */
export const supervisor = (stack: Stack, say: (line: string) => void) => {
  const stages: Supervised[][] = [];
  let recording = Promise.resolve();
  let stopped: Promise<void> | undefined;
  const all = (): Supervised[] => stages.flat();

  return {
    /** Starts a stage without waiting for it. */
    start: (programs: Program[]): Supervised[] => {
      if (stopped) return [];
      const stage = programs.map((program) =>
        supervise(program, {
          logFile: join(stack.logs, `${program.name}.log`),
          say,
          recordPid: (name, pid) => {
            recording = recording
              .then(() => recordProgram(stack, name, pid))
              .catch((error: Error) => say(`cannot record ${name}: ${error.message}`));
          },
        }),
      );
      stages.push(stage);
      for (const program of stage) program.start();
      return stage;
    },

    all,
    find: (name: string): Supervised | undefined => all().find((program) => program.name === name),

    stop: (): Promise<void> => {
      stopped ??= (async () => {
        for (const stage of [...stages].reverse()) await Promise.all(stage.map((program) => program.stop()));
        await recording;
      })();
      return stopped;
    },

    /** Kills everything immediately. */
    kill: async (): Promise<void> => {
      await Promise.all(all().map((program) => program.kill('SIGKILL')));
    },
  };
};
