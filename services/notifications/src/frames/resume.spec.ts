import { expect } from 'chai';
import fc from 'fast-check';
import { spliced, startOf } from './resume.js';

describe('a client', () => {
  const stream = { first: 10, last: 20 };

  it('begins with live frames when it has received none before', () => {
    expect(startOf(undefined, stream, 19)).to.deep.equal({ after: 19, outcome: 'new' });
  });

  it('resumes after the last sequence that it received', () => {
    expect(startOf(15, stream, 19)).to.deep.equal({ after: 15, outcome: 'resumed' });
  });

  it('misses nothing when the stream dropped only frames that it received', () => {
    expect(startOf(9, stream, 19)).to.deep.equal({ after: 9, outcome: 'resumed' });
  });

  it('gets too-old when it was away longer than the stream keeps frames, and begins with the first kept frame', () => {
    expect(startOf(8, stream, 19)).to.deep.equal({ after: 9, outcome: 'too-old' });
  });

  it('continues after the frames of another instance, even when this one is behind', () => {
    expect(startOf(20, stream, 17)).to.deep.equal({ after: 20, outcome: 'resumed' });
  });

  it('begins with live frames when its sequence is not one of the stream', () => {
    expect(startOf(21, stream, 19)).to.deep.equal({ after: 19, outcome: 'from-the-future' });
  });
});

describe('a backlog and live frames', () => {
  /**
   * `stream` holds 1, 2, 3 …; a read returns the frames published so far; live frames arrive in between, as scheduled.
   */
  const run = (resumeFrom: number, joint: number, total: number, maxWaiting: number, schedule: boolean[]) => {
    const sent: number[] = [];
    const splice = spliced<{ sequence: number }>({ after: resumeFrom, joint, maxWaiting }, ({ sequence }) => sent.push(sequence));
    let published = joint;
    let step = 0;
    const publishSome = () => {
      while (published < total && schedule[step++ % schedule.length]) {
        published += 1;
        splice.live({ sequence: published });
      }
    };
    for (let range = splice.nextRange(); range; range = splice.nextRange()) {
      expect(range.toSequence).to.be.at.most(published);
      for (let sequence = range.fromSequence; sequence <= range.toSequence; sequence += 1) {
        publishSome();
        splice.fromBacklog({ sequence });
      }
      publishSome();
    }
    while (published < total) {
      published += 1;
      splice.live({ sequence: published });
    }
    return sent;
  };

  it('become one sequence without gap or repeat, however they interleave', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(50),
        fc.nat(200),
        fc.integer({ min: 0, max: 20 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }).filter((schedule) => schedule.includes(false)),
        (resumeFrom, missed, later, maxWaiting, schedule) => {
          const joint = resumeFrom + missed;
          const total = joint + later;
          const expected = Array.from({ length: total - resumeFrom }, (_, index) => resumeFrom + 1 + index);
          expect(run(resumeFrom, joint, total, maxWaiting, schedule)).to.deep.equal(expected);
        },
      ),
    );
  });

  it('leave out the frames that the client got from an instance that is ahead', () => {
    const sent: number[] = [];
    const splice = spliced<{ sequence: number }>({ after: 20, joint: 17 }, ({ sequence }) => sent.push(sequence));
    expect(splice.nextRange()).to.equal(undefined);
    for (const sequence of [18, 19, 20, 21]) splice.live({ sequence });
    expect(sent).to.deep.equal([21]);
  });
});
