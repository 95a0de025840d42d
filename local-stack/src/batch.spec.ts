import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { asBatch } from './batch.js';

describe('a program as a batch job', () => {
  const run = (command: string, args: string[]): string => execFileSync(...asBatch(command, args), { encoding: 'utf8' });

  it('gets its arguments unchanged', () => {
    expect(run(process.execPath, ['-p', 'process.argv.slice(1)', '--', '--batch', 'two words'])).to.equal("[ '--batch', 'two words' ]\n");
  });

  it('runs with the batch policy when chrt is available', function () {
    if (!existsSync('/usr/bin/chrt')) this.skip();
    const stat = run('cat', ['/proc/self/stat']);
    const policy = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38];
    expect(policy).to.equal('3'); // SCHED_BATCH, see proc_pid_stat(5)
  });
});
