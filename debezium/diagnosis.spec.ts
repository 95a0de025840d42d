import { expect } from 'chai';
import { backOffMs, diagnose } from './diagnosis.js';

const status = (connector: string, ...tasks: string[]) => ({
  connector: { state: connector },
  tasks: tasks.map((state) => ({ state })),
});
const slot = { active: true, lost: false, snapshotting: false };
const running = status('RUNNING', 'RUNNING');

describe('a connector', () => {
  it('has no problem while it runs and reads its slot', () => {
    expect(diagnose(running, slot)).to.equal(undefined);
  });

  it('has no problem while it takes a snapshot, although its slot is not active then', () => {
    expect(diagnose(running, { ...slot, active: false, snapshotting: true })).to.equal(undefined);
  });

  it('is registered again when Connect does not know it', () => {
    expect(diagnose(undefined, slot)).to.deep.equal({ what: 'is not registered', repair: 'register', graceMs: 2_000 });
  });

  it('is restarted immediately when it or one of its tasks has failed, with the cause of the failure', () => {
    for (const failed of [status('FAILED'), status('RUNNING', 'FAILED'), status('RUNNING', 'RUNNING', 'FAILED')])
      expect(diagnose(failed, slot)).to.include({ what: 'is FAILED', repair: 'restart what failed', graceMs: 0 });
    const trace = 'ConnectException: outer\n\tat A\nCaused by: Middle\n\tat B\nCaused by: FATAL: password\n\tat C';
    const told = { connector: { state: 'RUNNING' }, tasks: [{ state: 'FAILED', trace }] };
    expect(diagnose(told, slot)).to.include({ why: 'Caused by: FATAL: password' });
    expect(diagnose({ ...told, tasks: [{ state: 'FAILED', trace: 'Alone' }] }, slot)).to.include({ why: 'Alone' });
  });

  it('is restarted when its tasks are not assigned within 10 s', () => {
    for (const [seen, what] of [
      [status('RUNNING'), 'has no task'],
      [status('UNASSIGNED', 'RUNNING'), 'is UNASSIGNED'],
      [status('RUNNING', 'UNASSIGNED'), 'is UNASSIGNED'],
      [status('RUNNING', 'RESTARTING'), 'is RESTARTING'],
    ] as const)
      expect(diagnose(seen, slot)).to.deep.equal({ what, repair: 'restart', graceMs: 10_000 });
  });

  it('is restarted when it is RUNNING but does not read its slot for 5 s', () => {
    expect(diagnose(running, { ...slot, active: false })).to.deep.include({ repair: 'restart', graceMs: 5_000 });
    expect(diagnose(running, undefined)).to.deep.include({ what: 'has no replication slot', repair: 'restart', graceMs: 5_000 });
  });

  it('gets a new slot when the server has invalidated the old one, whatever its status', () => {
    const lost = { active: false, lost: true, snapshotting: false };
    for (const seen of [running, status('RUNNING', 'FAILED'), status('RUNNING')])
      expect(diagnose(seen, lost)).to.include({ repair: 'drop its slot and restart', graceMs: 0 });
  });

  it('is left alone when an operator paused or stopped it, whatever the state of its slot', () => {
    for (const seen of [status('PAUSED', 'PAUSED'), status('STOPPED'), status('PAUSED', 'FAILED')])
      for (const its of [slot, undefined, { ...slot, active: false }, { ...slot, active: false, lost: true }])
        expect(diagnose(seen, its)).to.equal(undefined);
  });
});

describe('the back-off between repairs', () => {
  it('doubles from 1 s up to the maximum', () => {
    expect([1, 2, 3, 4, 7, 50].map((repairs) => backOffMs(repairs, 60_000))).to.deep.equal([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  });
});
