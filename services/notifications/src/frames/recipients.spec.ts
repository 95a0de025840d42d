import { expect } from 'chai';
import { outgoingFrame } from './outgoing-frame.js';
import { type Recipient, recipients } from './recipients.js';

const listener = (id: string, isAdmin = false) => {
  const taken: number[] = [];
  const recipient: Recipient = { user: { id, isAdmin }, take: ({ sequence }) => taken.push(sequence) };
  return { recipient, taken };
};

const order = (customerId: string, sequence: number) =>
  outgoingFrame({ path: `customers.${customerId}.orders.o1`, sequence, payload: '{}' });
const stock = (productId: string, sequence: number) => outgoingFrame({ path: `stock.${productId}`, sequence, payload: '{}' });

describe('the recipients of a frame', () => {
  it('get their own frames on all of their sockets', () => {
    const all = recipients();
    const [phone, laptop, other] = [listener('c1'), listener('c1'), listener('c2')];
    for (const { recipient } of [phone, laptop, other]) all.join(recipient);
    all.dispatch(order('c1', 1));
    expect([phone.taken, laptop.taken, other.taken]).to.deep.equal([[1], [1], []]);
  });

  it('get the frames of all customers if they are admins, and their own ones once', () => {
    const all = recipients();
    const admin = listener('a1', true);
    all.join(admin.recipient);
    all.dispatch(order('c1', 1));
    all.dispatch(order('a1', 2));
    expect(admin.taken).to.deep.equal([1, 2]);
  });

  it('get the frames of a channel while they subscribe to it', () => {
    const all = recipients();
    const { recipient, taken } = listener('c1');
    all.join(recipient);
    all.dispatch(stock('p1', 1));
    all.subscribe('stock.p1', recipient);
    all.subscribe('stock.p1', recipient);
    all.dispatch(stock('p1', 2));
    all.dispatch(stock('p2', 3));
    all.unsubscribe('stock.p1', recipient);
    all.dispatch(stock('p1', 4));
    expect(taken).to.deep.equal([2]);
  });

  it('get no frames after they are removed', () => {
    const all = recipients();
    const { recipient, taken } = listener('a1', true);
    all.join(recipient);
    all.subscribe('stock.p1', recipient);
    all.leave(recipient, ['stock.p1']);
    for (const frame of [order('a1', 1), order('c1', 2), stock('p1', 3)]) all.dispatch(frame);
    expect(taken).to.deep.equal([]);
  });

  it('can be removed during a dispatch', () => {
    const all = recipients();
    const other = listener('c1');
    const leaver: Recipient = { user: { id: 'c1', isAdmin: false }, take: () => all.leave(leaver, []) };
    all.join(leaver);
    all.join(other.recipient);
    all.dispatch(order('c1', 1));
    expect(other.taken).to.deep.equal([1]);
  });
});
