import { expect } from 'chai';
import { pushOf } from './push.js';
import { type Recipient, recipients } from './recipients.js';

const listener = (id: string, isAdmin = false) => {
  const taken: number[] = [];
  const recipient: Recipient = { user: { id, isAdmin }, take: ({ sequence }) => taken.push(sequence) };
  return { recipient, taken };
};

const order = (customerId: string, sequence: number) => pushOf({ path: `customers.${customerId}.orders.o1`, sequence, payload: '{}' });
const stock = (productId: string, sequence: number) => pushOf({ path: `stock.${productId}`, sequence, payload: '{}' });

describe('recipients', () => {
  it('hear what is theirs, on every socket they have', () => {
    const all = recipients();
    const [phone, laptop, other] = [listener('c1'), listener('c1'), listener('c2')];
    for (const { recipient } of [phone, laptop, other]) all.join(recipient);
    all.dispatch(order('c1', 1));
    expect([phone.taken, laptop.taken, other.taken]).to.deep.equal([[1], [1], []]);
  });

  it('hear everybody’s as admins, and their own once', () => {
    const all = recipients();
    const admin = listener('a1', true);
    all.join(admin.recipient);
    all.dispatch(order('c1', 1));
    all.dispatch(order('a1', 2));
    expect(admin.taken).to.deep.equal([1, 2]);
  });

  it('hear a channel while they subscribe to it', () => {
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

  it('hear nothing once they have left', () => {
    const all = recipients();
    const { recipient, taken } = listener('a1', true);
    all.join(recipient);
    all.subscribe('stock.p1', recipient);
    all.leave(recipient, ['stock.p1']);
    for (const push of [order('a1', 1), order('c1', 2), stock('p1', 3)]) all.dispatch(push);
    expect(taken).to.deep.equal([]);
  });

  it('may leave while they are being told', () => {
    const all = recipients();
    const other = listener('c1');
    const leaver: Recipient = { user: { id: 'c1', isAdmin: false }, take: () => all.leave(leaver, []) };
    all.join(leaver);
    all.join(other.recipient);
    all.dispatch(order('c1', 1));
    expect(other.taken).to.deep.equal([1]);
  });
});
