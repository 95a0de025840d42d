import { Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable, Unprocessable } from '@orderstream/contracts';
import { expect } from 'chai';
import { HttpRefusal, problemOf } from './problem.js';

describe('a problem document', () => {
  it('has the code and details of a refusal', () => {
    expect(problemOf(new Conflict('order-not-cancellable', 'Order 1 is Shipped', { orderStatus: 'Shipped' }), 'c1')).to.deep.equal({
      status: 409,
      headers: {},
      problem: {
        type: 'urn:orderstream:problem:order-not-cancellable',
        title: 'Conflict',
        status: 409,
        detail: 'Order 1 is Shipped',
        code: 'order-not-cancellable',
        correlationId: 'c1',
        orderStatus: 'Shipped',
      },
    });
  });

  for (const [refusal, status] of [
    [new Invalid('x', 'x'), 400],
    [new Unauthenticated('x', 'x'), 401],
    [new Forbidden('x', 'x'), 403],
    [new NotFound('x', 'x'), 404],
    [new Unprocessable('x', 'x'), 422],
    [new Unavailable('x', 'x'), 503],
    [new HttpRefusal(405, 'x', 'x'), 405],
  ] as const) {
    it(`has status ${status} for ${refusal.name}`, () => expect(problemOf(refusal, 'c1').status).to.equal(status));
  }

  it('cannot be overwritten by details', () => {
    expect(problemOf(new Conflict('x', 'x', { status: 200, code: 'y' }), 'c1').problem).to.include({ status: 409, code: 'x' });
  });

  it('has a Retry-After header in whole seconds', () => {
    expect(problemOf(new Conflict('x', 'x', { retryAfterSeconds: 0.2 }), 'c1').headers).to.deep.equal({ 'retry-after': '1' });
  });

  it('has a WWW-Authenticate header', () => {
    expect(problemOf(new Unauthenticated('token-missing', 'x'), 'c1').headers['www-authenticate']).to.equal('Bearer realm="orderstream"');
    expect(problemOf(new Unauthenticated('token-expired', 'x'), 'c1').headers['www-authenticate']).to.contain('error="invalid_token"');
  });

  it('reveals nothing about an unexpected error', () => {
    const { status, problem } = problemOf(new TypeError('password of x is undefined'), 'c1');
    expect([status, problem.code]).to.deep.equal([500, 'internal-error']);
    expect(JSON.stringify(problem)).not.to.contain('password');
  });

  it('has the status of a library’s error about the request, but not its message', () => {
    const said = Object.assign(new Error('bad things'), { status: 422, expose: true });
    const { status, problem } = problemOf(said, 'c1');
    expect([status, problem.code, problem.detail]).to.deep.equal([422, 'malformed-request', 'The request cannot be read']);
  });

  it('ignores the status of an error that is not to be exposed', () => {
    for (const properties of [{ status: 404 }, { status: 503, expose: true }, { statusCode: 400 }, { status: '400', expose: true }]) {
      expect(problemOf(Object.assign(new Error('ours'), properties), 'c1').status).to.equal(500);
    }
  });

  it('has status 503 while a dependency does not answer', () => {
    const { status, headers, problem } = problemOf(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'c1');
    expect([status, problem.code, headers['retry-after']]).to.deep.equal([503, 'unavailable', '1']);
  });
});
