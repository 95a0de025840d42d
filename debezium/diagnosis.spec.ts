import { expect } from 'chai';
import { backOffMs, diagnose } from './diagnosis.js';

const status = (connector: string, ...tasks: string[]) => ({
  connector: { state: connector },
  tasks: tasks.map((state) => ({ state })),
});
const slot = { active: true, lost: false, snapshotting: false };
const running = status('RUNNING', 'RUNNING');

describe('a connector', () => {
  it('is well while it runs and reads its slot', () => {
    expect(diagnose(running, slot)).to.equal(undefined);
  });

  it('is well while it takes a snapshot, although nobody reads its slot then', () => {
    expect(diagnose(running, { ...slot, active: false, snapshotting: true })).to.equal(undefined);
  });

  it('is registered again when Connect does not know it', () => {
    expect(diagnose(undefined, slot)).to.deep.equal({ what: 'is not registered', cure: 'register', patienceMs: 2_000 });
  });

  it('is restarted at once when it, or a task of it, has failed, and why is told', () => {
    for (const failed of [status('FAILED'), status('RUNNING', 'FAILED'), status('RUNNING', 'RUNNING', 'FAILED')])
      expect(diagnose(failed, slot)).to.include({ what: 'is FAILED', cure: 'restart what failed', patienceMs: 0 });
    const trace = 'ConnectException: outer\n\tat A\nCaused by: Middle\n\tat B\nCaused by: FATAL: password\n\tat C';
    const told = { connector: { state: 'RUNNING' }, tasks: [{ state: 'FAILED', trace }] };
    expect(diagnose(told, slot)).to.include({ why: 'Caused by: FATAL: password' });
    expect(diagnose({ ...told, tasks: [{ state: 'FAILED', trace: 'Alone' }] }, slot)).to.include({ why: 'Alone' });
  });

  it('gets some time to find a place for its tasks, and is restarted after that', () => {
    for (const [seen, what] of [
      [status('RUNNING'), 'has no task'],
      [status('UNASSIGNED', 'RUNNING'), 'is UNASSIGNED'],
      [status('RUNNING', 'UNASSIGNED'), 'is UNASSIGNED'],
      [status('RUNNING', 'RESTARTING'), 'is RESTARTING'],
    ] as const)
      expect(diagnose(seen, slot)).to.deep.equal({ what, cure: 'restart', patienceMs: 10_000 });
  });

  it('is not believed when it says that it runs and does not read its slot', () => {
    expect(diagnose(running, { ...slot, active: false })).to.deep.include({ cure: 'restart', patienceMs: 5_000 });
    expect(diagnose(running, undefined)).to.deep.include({ what: 'has no replication slot', cure: 'restart', patienceMs: 5_000 });
  });

  it('begins anew with a new slot when the server has given up on the old one, whatever it says of itself', () => {
    const lost = { active: false, lost: true, snapshotting: false };
    for (const seen of [running, status('RUNNING', 'FAILED'), status('RUNNING')])
      expect(diagnose(seen, lost)).to.include({ cure: 'drop its slot and restart', patienceMs: 0 });
  });

  it('is left alone when an operator paused or stopped it, whatever became of its slot', () => {
    for (const seen of [status('PAUSED', 'PAUSED'), status('STOPPED'), status('PAUSED', 'FAILED')])
      for (const its of [slot, undefined, { ...slot, active: false }, { ...slot, active: false, lost: true }])
        expect(diagnose(seen, its)).to.equal(undefined);
  });
});

describe('the back-off between cures', () => {
  it('doubles from 1 s up to the longest', () => {
    expect([1, 2, 3, 4, 7, 50].map((cures) => backOffMs(cures, 60_000))).to.deep.equal([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  });
});
