import { expect } from 'chai';
import { isConflict, isTimeout, isTransient } from './transient.js';

const error = (properties: Record<string, unknown>, message = 'broken'): Error => Object.assign(new Error(message), properties);

describe('a transient error', () => {
  for (const [what, problem] of [
    ['a serialization failure', error({ code: '40001' })],
    ['a deadlock', error({ code: '40P01' })],
    ['a server that shuts down', error({ code: '57P01' })],
    ['a connection exception', error({ code: '08006' })],
    ['too many connections', error({ code: '53300' })],
    ['a refused connection', error({ code: 'ECONNREFUSED' })],
    ['a lost connection', error({}, 'Connection terminated unexpectedly')],
    ['a lost connection, told with the statement', error({}, 'select 1 - Connection terminated unexpectedly')],
    ['a server that takes a connection and says nothing', error({}, 'timeout expired')],
    ['a pool that is closed', error({}, 'Unable to acquire a connection')],
    ['a full pool', error({ name: 'KnexTimeoutError' })],
    ['a version conflict', error({ name: 'VersionConflict' })],
    ['Elasticsearch away', error({ name: 'ConnectionError' })],
    ['Elasticsearch too busy', error({ name: 'ResponseError', statusCode: 429 })],
    ['Kafka away', error({ name: 'KafkaJSConnectionError', retriable: true })],
    ['NATS away', error({ name: 'NatsError', code: 'CONNECTION_CLOSED' })],
    ['one that was caused by it', new Error('could not save', { cause: error({ code: 'ECONNRESET' }) })],
    ['several attempts that met it', new AggregateError([error({}), error({ code: 'ECONNREFUSED' })])],
  ] as const) {
    it(`is ${what}`, () => expect(isTransient(problem)).to.equal(true));
  }

  for (const [what, problem] of [
    ['a unique violation', error({ code: '23505' })],
    ['a syntax error', error({ code: '42601' })],
    ['a wrong password', error({ code: '28P01' })],
    ['a bad request to Elasticsearch', error({ name: 'ResponseError', statusCode: 400 })],
    ['a programming error', new TypeError('x is undefined')],
    ['an error of a server that repeats a text', error({ code: '22P02' }, 'invalid input syntax: Connection terminated')],
    ['an error that speaks of a lost connection', error({}, 'Connection terminated is no number')],
    ['not even an error', 'ECONNREFUSED'],
    ['nothing', undefined],
  ] as const) {
    it(`is not ${what}`, () => expect(isTransient(problem)).to.equal(false));
  }

  it('is looked for once in a circle of causes', () => {
    const circle = error({});
    circle.cause = circle;
    expect(isTransient(circle)).to.equal(false);
  });
});

describe('a timeout', () => {
  it('is a statement or a lock that took too long', () => {
    expect(isTimeout(error({ code: '57014' }))).to.equal(true);
    expect(isTimeout(error({ code: '55P03' }))).to.equal(true);
    expect(isTimeout(error({ code: 'ETIMEDOUT' }))).to.equal(true);
  });

  it('is not a refused connection', () => expect(isTimeout(error({ code: 'ECONNREFUSED' }))).to.equal(false));
});

describe('a conflict', () => {
  it('is a deadlock or a version conflict', () => {
    expect(isConflict(error({ code: '40P01' }))).to.equal(true);
    expect(isConflict(error({ name: 'VersionConflict' }))).to.equal(true);
  });

  it('is not an outage', () => expect(isConflict(error({ code: '57P01' }))).to.equal(false));
});
