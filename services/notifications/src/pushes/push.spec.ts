import { expect } from 'chai';
import { pushOf, textFor } from './push.js';

const payload = JSON.stringify({ type: 'order.status', at: '2026-01-05T10:15:00.000Z', correlationId: 'r1', data: { orderId: 'o1' } });
const push = pushOf({ path: 'customers.c1.orders.o1', sequence: 7, payload });

const own = { type: 'order.status', sequence: 7, at: '2026-01-05T10:15:00.000Z', correlationId: 'r1', data: { orderId: 'o1' } };

describe('a push', () => {
  it('is sent to its customer with its sequence', () => {
    expect(JSON.parse(textFor({ id: 'c1', isAdmin: false }, push) ?? '')).to.deep.equal(own);
  });

  it('is not sent to another customer', () => {
    expect(textFor({ id: 'c2', isAdmin: false }, push)).to.equal(undefined);
  });

  it('is sent to an admin as such', () => {
    expect(JSON.parse(textFor({ id: 'c2', isAdmin: true }, push) ?? '')).to.deep.equal({ ...own, type: 'admin.order.status' });
  });

  it('is sent to an admin as their own when it is', () => {
    expect(JSON.parse(textFor({ id: 'c1', isAdmin: true }, push) ?? '')).to.deep.equal(own);
  });
});
