import { expect } from 'chai';
import fc from 'fast-check';
import { clientSession } from './session.js';

const orderId = '019b8c00-0000-7000-8000-000000000001';
const channel = 'stock.019b8c00-0000-7000-8000-0000000000d1';

const ready = (sequence: number) => JSON.stringify({ type: 'ready', userId: 'u1', sequence, serverTime: '2026-01-05T10:15:00.000Z' });
const order = (sequence: number, type = 'order.status', status = 'Paid') =>
  JSON.stringify({
    type,
    sequence,
    at: '2026-01-05T10:15:00.000Z',
    correlationId: 'r1',
    data: {
      orderId,
      orderNumber: 'OS-1',
      event: 'OrderPaid',
      version: 3,
      status,
      previousStatus: 'PendingPayment',
      pendingUntil: '2026-01-05T10:25:00.000Z',
      onHold: false,
    },
  });

describe('a client’s session', () => {
  it('authenticates without a sequence the first time', () => {
    expect(clientSession().opened('t')).to.deep.equal({ type: 'authenticate', token: 't' });
  });

  it('resumes at the last sequence that it received', () => {
    const session = clientSession();
    session.opened('t');
    session.received(ready(5));
    session.received(order(8));
    session.closed();
    expect(session.opened('t2')).to.deep.equal({ type: 'authenticate', token: 't2', resumeFrom: 8 });
  });

  it('resumes at the sequence of the ready frame when it received nothing since', () => {
    const session = clientSession();
    session.opened('t');
    session.received(ready(5));
    session.received(ready(9));
    expect(session.opened('t')).to.deep.include({ resumeFrom: 9 });
  });

  it('resumes at a sequence that it is given', () => {
    expect(clientSession(7).opened('t')).to.deep.include({ resumeFrom: 7 });
  });

  it('delivers frames as the contract types them, also those of an admin', () => {
    const session = clientSession();
    session.received(ready(0));
    for (const type of ['order.status', 'admin.order.status']) {
      const received = session.received(order(type === 'order.status' ? 1 : 2, type));
      expect(received.kind).to.equal('event');
      expect(received).to.have.nested.property('frame.type', type);
      expect(received).to.have.nested.property('frame.data.orderId', orderId);
    }
  });

  it('continues from a lower sequence when the server lost its stream', () => {
    const session = clientSession(100);
    session.opened('t');
    session.received(ready(3));
    expect(session.received(order(4)).kind).to.equal('event');
  });

  it('ignores frames of unknown types, but counts their sequences', () => {
    const session = clientSession();
    session.received(ready(0));
    expect(session.received(JSON.stringify({ type: 'tomorrow', sequence: 4 }))).to.deep.equal({ kind: 'nothing' });
    expect(session.sequence()).to.equal(4);
  });

  it('reports a frame that does not parse, and continues', () => {
    const session = clientSession();
    session.received(ready(0));
    expect(session.received(order(1, 'order.status', 'Lost'))).to.include({ kind: 'error', code: 'frame-unreadable' });
    expect(session.received(order(2)).kind).to.equal('event');
    expect(session.received('no JSON').kind).to.equal('error');
  });

  it('reports a refusal of the server', () => {
    const refused = clientSession().received('{"type":"error","code":"resume-too-old","message":"…"}');
    expect(refused).to.deep.equal({ kind: 'error', code: 'resume-too-old', message: '…' });
  });

  it('subscribes immediately when it is ready, and again over every new socket', () => {
    const session = clientSession();
    session.opened('t');
    expect(session.subscribe(channel)).to.equal(undefined);
    expect(session.received(ready(1))).to.deep.include({ send: [{ type: 'subscribe', channel }] });
    expect(session.subscribe(channel)).to.equal(undefined);
    expect(session.received(ready(2))).to.deep.include({ send: [] });
    session.closed();
    session.opened('t');
    expect(session.received(ready(2))).to.deep.include({ send: [{ type: 'subscribe', channel }] });
    expect(session.unsubscribe(channel)).to.deep.equal({ type: 'unsubscribe', channel });
    expect(session.unsubscribe(channel)).to.equal(undefined);
    expect(session.subscribe(channel)).to.deep.equal({ type: 'subscribe', channel });
  });

  it('delivers each sequence once and in order, whatever it receives', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 })), (sequences) => {
        const session = clientSession(0);
        const delivered = sequences.flatMap((sequence) => {
          const received = session.received(order(sequence));
          return received.kind === 'event' ? [received.frame.sequence] : [];
        });
        expect(delivered).to.deep.equal([...new Set(delivered)].sort((a, b) => a - b));
      }),
    );
  });
});
