import { expect } from 'chai';
import { clientAddress } from './client.js';
import { requestHeaders, responseHeaders } from './headers.js';
import { mayUpgrade } from './web-sockets.js';

const context = { correlationId: 'c1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const request = (headers: Record<string, string>) => ({ headers, socket: { remoteAddress: '10.0.0.9' } as never });

describe('the headers that a service gets', () => {
  it('say who called, where, and in which context', () => {
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

  it('do not repeat what a client says about itself', () => {
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

  it('have none that speak of the connection alone', () => {
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

  it('have none that frame the body, and none that would make a service decide about origins', () => {
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
  it('are those of the message, several cookies included', () => {
    expect(
      responseHeaders({ connection: 'keep-alive', 'keep-alive': 'timeout=5', 'set-cookie': ['a=1', 'b=2'], etag: '"1"' }),
    ).to.deep.equal({
      'set-cookie': ['a=1', 'b=2'],
      etag: '"1"',
    });
  });

  it('say nothing of a service’s about origins, and what both parts of the answer depend on', () => {
    const answer = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'x', vary: 'Accept' };
    expect(responseHeaders(answer)).to.deep.equal({ vary: 'Accept' });
    expect(responseHeaders(answer, 'Origin')).to.deep.equal({ vary: 'Origin, Accept' });
  });
});

describe('the address of a client', () => {
  it('is believed as far as proxies of our own wrote it', () => {
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

  it('may come from no browser, from our own pages, and from the list', () => {
    expect(from(undefined)).to.equal(true);
    expect(from('https://shop.example')).to.equal(true);
    expect(from('https://partner.example', ['https://partner.example'])).to.equal(true);
  });

  it('may not come from other pages', () => {
    for (const origin of ['https://evil.example', 'http://shop.example', 'https://shop.example.evil', 'null', '']) {
      expect(from(origin)).to.equal(false);
    }
  });
});
