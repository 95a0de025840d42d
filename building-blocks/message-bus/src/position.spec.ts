import { expect } from 'chai';
import { deliveryOf, judge, resumeAfter } from './position.js';

const created = '2026-01-05T10:15:00Z';
const later = '2026-01-05T11:00:00Z';

describe('a subscriber that comes back', () => {
  it('begins with the next published message when it is new', () => {
    expect(resumeAfter(undefined, { created, first: 5, last: 9 })).to.deep.equal({ after: 9, missed: 0, rewound: false });
  });

  it('resumes after the last message that it handled', () => {
    expect(resumeAfter({ created, sequence: 7 }, { created, first: 5, last: 9 })).to.deep.equal({ after: 7, missed: 0, rewound: false });
  });

  it('misses nothing when the stream dropped only messages that it handled', () => {
    expect(resumeAfter({ created, sequence: 7 }, { created, first: 8, last: 9 })).to.deep.equal({ after: 7, missed: 0, rewound: false });
  });

  it('counts the messages that the stream dropped while it was disconnected', () => {
    expect(resumeAfter({ created, sequence: 7 }, { created, first: 12, last: 20 })).to.deep.equal({ after: 11, missed: 4, rewound: false });
  });

  it('reads a stream that was created anew from its beginning', () => {
    const renewed = { created: later, first: 1_000, last: 1_004 };
    expect(resumeAfter({ created, sequence: 7 }, renewed)).to.deep.equal({ after: 999, missed: 0, rewound: false });
  });

  it('rewinds when a stream that was created anew begins at lower sequences', () => {
    const renewed = { created: later, first: 1, last: 3 };
    expect(resumeAfter({ created, sequence: 7 }, renewed)).to.deep.equal({ after: 0, missed: 0, rewound: true });
  });

  it('rewinds when a stream that was created anew has reached the same sequences', () => {
    const renewed = { created: later, first: 5, last: 9 };
    expect(resumeAfter({ created, sequence: 7 }, renewed)).to.deep.equal({ after: 4, missed: 0, rewound: true });
  });

  it('rewinds when the server lost the last messages of the stream', () => {
    expect(resumeAfter({ created, sequence: 7 }, { created, first: 1, last: 5 })).to.deep.equal({ after: 5, missed: 0, rewound: true });
  });
});

describe('a delivery', () => {
  it('is next when the consumer counts one more', () => {
    expect(judge({ count: 3, sequence: 10 }, { count: 4, sequence: 15 })).to.equal('next');
  });

  it('is a gap when the consumer skipped a number', () => {
    expect(judge({ count: 3, sequence: 10 }, { count: 5, sequence: 16 })).to.equal('gap');
  });

  it('is seen when its sequence was handled', () => {
    expect(judge({ count: 3, sequence: 10 }, { count: 3, sequence: 10 })).to.equal('seen');
  });

  it('is parsed from its reply subject', () => {
    expect(deliveryOf('$JS.ACK.notifications.abc.1.1795268571865004.3.1795268571877618939.2')).to.deep.equal({
      sequence: 1795268571865004,
      count: 3,
      pending: 2,
    });
  });

  it('is parsed from a reply subject with a domain', () => {
    expect(deliveryOf('$JS.ACK._.hash.notifications.abc.1.42.3.1795268571877618939.2.token')).to.deep.equal({
      sequence: 42,
      count: 3,
      pending: 2,
    });
  });

  it('is undefined for any other reply subject', () => {
    expect(deliveryOf('_INBOX.1.2')).to.equal(undefined);
    expect(deliveryOf(undefined)).to.equal(undefined);
  });
});
