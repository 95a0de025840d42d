import { expect } from 'chai';
import { newContext, runWithContext } from './context.js';
import { createLogger, currentChangeLog, currentLog, setCurrentLog } from './log.js';

describe('the log', () => {
  const lines: Record<string, unknown>[] = [];
  before(() => setCurrentLog(createLogger('spec', 'info', { write: (line) => void lines.push(JSON.parse(line)) })));
  after(() => setCurrentLog(createLogger('test', 'silent')));
  beforeEach(() => lines.splice(0));

  it('redacts secrets down to the third level', () => {
    currentLog().info({ token: 'x', request: { password: 'x', headers: { authorization: 'x' } } }, 'said');
    expect(lines[0]).to.deep.include({
      token: '[redacted]',
      request: { password: '[redacted]', headers: { authorization: '[redacted]' } },
    });
  });

  it('of changes is the same log, but redacts secrets in the first level only', () => {
    const context = newContext({ 'x-correlation-id': 'c-1' });
    runWithContext(context, () => currentChangeLog().info({ orderId: 'o1', token: 'x' }, 'order changed'));
    expect(lines[0]).to.include({
      service: 'spec',
      level: 'info',
      correlationId: 'c-1',
      orderId: 'o1',
      token: '[redacted]',
      msg: 'order changed',
    });
  });
});
