import { expect } from 'chai';
import { outgoingFrame, textFor } from './outgoing-frame.js';

const payload = JSON.stringify({ type: 'order.status', at: '2026-01-05T10:15:00.000Z', correlationId: 'r1', data: { orderId: 'o1' } });
const frame = outgoingFrame({ path: 'customers.c1.orders.o1', sequence: 7, payload });

const own = { type: 'order.status', sequence: 7, at: '2026-01-05T10:15:00.000Z', correlationId: 'r1', data: { orderId: 'o1' } };

describe('an outgoing frame', () => {
  it('is sent to its customer with its sequence', () => {
    expect(JSON.parse(textFor({ id: 'c1', isAdmin: false }, frame) ?? '')).to.deep.equal(own);
  });

  it('is not sent to another customer', () => {
    expect(textFor({ id: 'c2', isAdmin: false }, frame)).to.equal(undefined);
  });

  it('is sent to an admin under the admin type', () => {
    expect(JSON.parse(textFor({ id: 'c2', isAdmin: true }, frame) ?? '')).to.deep.equal({ ...own, type: 'admin.order.status' });
  });

  it('is sent to an admin under the plain type when it is their own', () => {
    expect(JSON.parse(textFor({ id: 'c1', isAdmin: true }, frame) ?? '')).to.deep.equal(own);
  });
});
