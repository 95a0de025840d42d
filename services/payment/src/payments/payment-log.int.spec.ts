import { inTransaction } from '@orderstream/persistence';
import { createLogger, newContext, setCurrentLog } from '@orderstream/service-host';
import { eventually, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { paymentIdOf } from './payment-id.js';
import { payments } from './payments.js';

describe('the log of payments', function () {
  this.timeout(30_000);
  let test: TestDatabase;
  const lines: string[] = [];
  before(async () => {
    setCurrentLog(createLogger('payment', 'info', { write: (line) => void lines.push(line) }));
    test = await testDatabase('payment');
  });
  after(async () => {
    setCurrentLog(createLogger('test', 'silent'));
    await test.drop();
  });

  it('has a line for each change with its correlation id, and no card data', async () => {
    const orderId = uuidv7();
    const paymentId = paymentIdOf(orderId);
    const amount = { amount: 1990, currency: 'EUR' };
    const initiate = {
      type: 'InitiatePayment' as const,
      data: { paymentId, orderId, customerId: uuidv7(), amount, paymentMethod: 'tok_random' as const },
    };
    await inTransaction(test.db, (tx) =>
      payments.handle(
        tx,
        [initiate, { type: 'ApprovePayment', data: { paymentId, pspReference: 'r-1' } }],
        newContext({ 'x-correlation-id': 'story-1' }),
      ),
    );
    const found = await eventually(() => {
      const story = lines.filter((line) => line.includes('story-1')).map((line) => JSON.parse(line));
      expect(story.map(({ msg, event, from, to }) => [msg, event, from, to]).slice(0, 2)).to.deep.equal([
        ['payment changed', 'PaymentInitiated', 'NotInitiated', 'Processing'],
        ['payment changed', 'PaymentApproved', 'Processing', 'Approved'],
      ]);
      return story;
    });
    expect(found[0]).to.include({ level: 'info', paymentId, orderId, correlationId: 'story-1' });
    expect(lines.join()).not.to.contain('tok_');
  });
});
