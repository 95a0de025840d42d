import { expect } from 'chai';
import { childContext, currentContext, newContext, runWithContext } from './context.js';
import { traceIdOf } from './traceparent.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('context', () => {
  it('takes the caller’s correlation id and trace', () => {
    const context = newContext({ 'x-correlation-id': 'basket 42', traceparent });
    expect(context.correlationId).to.equal('basket 42');
    expect(traceIdOf(context.traceparent)).to.equal(traceIdOf(traceparent));
    expect(context.traceparent).not.to.equal(traceparent);
  });

  for (const [why, asked] of [
    ['empty', ''],
    ['too long', 'x'.repeat(201)],
    ['not printable', 'a\u0007b'],
    ['not ASCII', 'käse'],
  ] as const) {
    it(`generates a correlation id instead of one that is ${why}`, () => {
      expect(newContext({ 'x-correlation-id': asked }).correlationId).to.match(/^[0-9a-f-]{36}$/);
    });
  }

  it('of a child keeps the correlation id and names the cause', () => {
    const parent = newContext({ traceparent });
    const child = childContext(parent, 'event-1');
    expect(child).to.include({ correlationId: parent.correlationId, causationId: 'event-1' });
    expect(traceIdOf(child.traceparent)).to.equal(traceIdOf(traceparent));
    expect(childContext(child).causationId).to.equal('event-1');
    expect(childContext(parent)).not.to.have.property('causationId');
  });

  it('is current in awaited code, and nowhere else', async () => {
    const context = newContext();
    const seen = await runWithContext(context, async () => {
      await Promise.resolve();
      return currentContext();
    });
    expect(seen).to.equal(context);
    expect(currentContext()).to.equal(undefined);
  });
});
