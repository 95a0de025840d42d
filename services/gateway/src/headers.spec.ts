import { expect } from 'chai';
import { clientAddress } from './client.js';
import { requestHeaders, responseHeaders } from './headers.js';
import { mayUpgrade } from './web-sockets.js';

const context = { correlationId: 'c1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const request = (headers: Record<string, string>) => ({ headers, socket: { remoteAddress: '10.0.0.9' } as never });

describe('the headers that a service gets', () => {
  it('name the caller, the host and the context', () => {
    const headers = requestHeaders(request({ host: 'shop.example', accept: '*/*', authorization: 'Bearer t' }), context, 0);
    expect(headers).to.deep.equal({
      accept: '*/*',
      authorization: 'Bearer t',
      'x-forwarded-for': '10.0.0.9',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-prefix': '/api',
      'x-correlation-id': 'c1',
      traceparent: context.traceparent,
    });
  });

  it('name no prefix when the path is forwarded as it is', () => {
    expect(requestHeaders(request({}), context, 0, '')).not.to.have.property('x-forwarded-prefix');
  });

  it('do not contain a client’s own claims about its address and context', () => {
    const forged = {
      'x-forwarded-for': '1.1.1.1',
      'x-forwarded-host': 'evil',
      'x-forwarded-prefix': '/evil',
      forwarded: 'for=1.1.1.1',
      'x-real-ip': '1.1.1.1',
    };
    const headers = requestHeaders(request({ host: 'shop', ...forged }), context, 0);
    expect(JSON.stringify(headers)).not.to.match(/evil|1\.1\.1\.1/);
  });

  it('exclude hop-by-hop headers', () => {
    const headers = requestHeaders(
      request({
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        'transfer-encoding': 'chunked',
        upgrade: 'h2c',
      }),
      context,
      0,
    );
    expect(headers).not.to.have.any.keys('connection', 'x-hop', 'keep-alive', 'te', 'transfer-encoding', 'upgrade');
  });

  it('exclude the framing of the body and the headers of CORS', () => {
    const headers = requestHeaders(
      request({
        'content-length': '5',
        expect: '100-continue',
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x',
      }),
      context,
      0,
    );
    expect(Object.keys(headers).sort()).to.deep.equal([
      'traceparent',
      'x-correlation-id',
      'x-forwarded-for',
      'x-forwarded-prefix',
      'x-forwarded-proto',
    ]);
  });
});

describe('the headers that a client gets', () => {
  it('are those of the answer, including several cookies', () => {
    expect(
      responseHeaders(200, { connection: 'keep-alive', 'keep-alive': 'timeout=5', 'set-cookie': ['a=1', 'b=2'], etag: '"1"' }),
    ).to.deep.equal({
      'set-cookie': ['a=1', 'b=2'],
      etag: '"1"',
    });
  });

  it('exclude the service’s CORS headers, and merge Vary', () => {
    const answer = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'x', vary: 'Accept' };
    expect(responseHeaders(200, answer)).to.deep.equal({ vary: 'Accept' });
    expect(responseHeaders(200, answer, 'Origin')).to.deep.equal({ vary: 'Origin, Accept' });
  });
});

describe('a 429 or 503 of a service', () => {
  it('gets a Retry-After when it has none', () => {
    expect(responseHeaders(503, {})).to.deep.equal({ 'retry-after': '1' });
    expect(responseHeaders(429, { 'retry-after': '30' })).to.deep.equal({ 'retry-after': '30' });
    expect(responseHeaders(500, {})).to.deep.equal({});
  });
});

describe('the address of a client', () => {
  it('is taken from X-Forwarded-For as far as our own proxies wrote it', () => {
    const forwarded = request({ 'x-forwarded-for': 'forged, 203.0.113.7, 10.0.0.1' });
    expect(clientAddress(forwarded, 0)).to.equal('10.0.0.9');
    expect(clientAddress(forwarded, 1)).to.equal('10.0.0.1');
    expect(clientAddress(forwarded, 2)).to.equal('203.0.113.7');
    expect(clientAddress(request({}), 1)).to.equal('10.0.0.9');
  });
});

describe('a WebSocket', () => {
  const from = (origin: string | undefined, origins: string[] = []) =>
    mayUpgrade({ origin, host: 'shop.example', protocol: 'https', origins });

  it('is accepted without an origin, from our own origin, and from the listed ones', () => {
    expect(from(undefined)).to.equal(true);
    expect(from('https://shop.example')).to.equal(true);
    expect(from('https://partner.example', ['https://partner.example'])).to.equal(true);
  });

  it('is refused from other origins', () => {
    for (const origin of ['https://evil.example', 'http://shop.example', 'https://shop.example.evil', 'null', '']) {
      expect(from(origin)).to.equal(false);
    }
  });
});
