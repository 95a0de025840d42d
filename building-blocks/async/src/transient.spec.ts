import { expect } from 'chai';
import { isConflict, isTimeout, isTransient } from './transient.js';

const error = (properties: Record<string, unknown>, message = 'broken'): Error => Object.assign(new Error(message), properties);

/** An error of the client for an answer of Elasticsearch. */
const answer = (statusCode: number, type: string, rootCause = type): Error =>
  error({ name: 'ResponseError', statusCode, body: { error: { type, root_cause: [{ type: rootCause }] }, status: statusCode } });

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
    ['a pool that is closed', error({}, 'Cannot use a pool after calling end on the pool')],
    ['a full pool', error({}, 'timeout exceeded when trying to connect')],
    ['a version conflict', error({ name: 'VersionConflict' })],
    ['Elasticsearch away', error({ name: 'ConnectionError' })],
    ['Elasticsearch too busy', error({ name: 'ResponseError', statusCode: 429 })],
    ['Elasticsearch read-only', answer(403, 'cluster_block_exception')],
    ['Elasticsearch on a full disk', answer(429, 'cluster_block_exception')],
    ['Elasticsearch while it recovers', answer(503, 'cluster_block_exception')],
    ['Elasticsearch without room in its queue', answer(429, 'es_rejected_execution_exception')],
    ['Elasticsearch without memory', answer(429, 'circuit_breaking_exception')],
    ['Elasticsearch without the shard to write to', answer(503, 'unavailable_shards_exception')],
    [
      'Elasticsearch without the shard to read from',
      answer(503, 'search_phase_execution_exception', 'no_shard_available_action_exception'),
    ],
    ['Elasticsearch without a master', answer(503, 'master_not_discovered_exception')],
    ['Elasticsearch whose node failed', answer(500, 'node_disconnected_exception')],
    ['Elasticsearch with the index closed', answer(400, 'index_closed_exception')],
    ['Elasticsearch with the index gone', answer(404, 'index_not_found_exception')],
    ['Elasticsearch that lost the search', answer(404, 'search_phase_execution_exception', 'search_context_missing_exception')],
    ['Elasticsearch that denies this user access', answer(403, 'security_exception')],
    ['Elasticsearch too slow', error({ name: 'TimeoutError' })],
    ['Kafka down', error({ name: 'KafkaJSConnectionError', retriable: true })],
    ['NATS down', error({ name: 'NatsError', code: 'CONNECTION_CLOSED' })],
    ['an error caused by a lost connection', new Error('could not save', { cause: error({ code: 'ECONNRESET' }) })],
    ['an aggregate of several attempts', new AggregateError([error({}), error({ code: 'ECONNREFUSED' })])],
  ] as const) {
    it(`is ${what}`, () => expect(isTransient(problem)).to.equal(true));
  }

  for (const [what, problem] of [
    ['a unique violation', error({ code: '23505' })],
    ['a syntax error', error({ code: '42601' })],
    ['a wrong password', error({ code: '28P01' })],
    ['a bad request to Elasticsearch', error({ name: 'ResponseError', statusCode: 400 })],
    ['a document that Elasticsearch cannot map', answer(400, 'mapper_parsing_exception')],
    ['a document with a field too many', answer(400, 'strict_dynamic_mapping_exception')],
    ['an argument that Elasticsearch refuses', answer(400, 'illegal_argument_exception')],
    ['a query that Elasticsearch cannot run', answer(400, 'search_phase_execution_exception', 'parsing_exception')],
    ['a document too large for Elasticsearch', error({ name: 'ResponseError', statusCode: 413, body: '' })],
    ['a document that Elasticsearch does not have', error({ name: 'ResponseError', statusCode: 404, body: { found: false } })],
    ['an older version for Elasticsearch', answer(409, 'version_conflict_engine_exception')],
    ['a programming error', new TypeError('x is undefined')],
    ['an error of a server that repeats a text', error({ code: '22P02' }, 'invalid input syntax: Connection terminated')],
    ['an error that speaks of a lost connection', error({}, 'Connection terminated is no number')],
    ['a value that is no error', 'ECONNREFUSED'],
    ['undefined', undefined],
  ] as const) {
    it(`is not ${what}`, () => expect(isTransient(problem)).to.equal(false));
  }

  it('is found without an endless loop in a circle of causes', () => {
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
