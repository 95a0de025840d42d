import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Conflict, Text, Unauthenticated } from '@orderstream/contracts';
import { createHost, createLogger, currentContext, type ServiceHost, traceIdOf } from '@orderstream/service-host';
import { expect } from 'chai';
import { z } from 'zod';
import { api, mediaType } from './api.js';
import { type HttpServer, httpServer } from './http-server.js';
import { accepted, created, noContent } from './reply.js';

const id = '0199a0f0-0000-7000-8000-000000000001';
const Order = z.object({ id: z.uuid(), note: z.string() });

const gate: { open(): void; entered(): void } = { open: () => undefined, entered: () => undefined };

const orders = api('Orders', '/orders')
  .post(
    '/orders',
    {
      summary: 'Place',
      who: 'shopper',
      scope: 'orders:write',
      body: z.strictObject({ note: Text().optional() }),
      idempotent: true,
      answers: { 201: Order },
    },
    ({ body, user }) => created({ id, note: `${body.note} by ${user.id}` }, `/api/orders/${id}`),
  )
  .get(
    '/orders',
    { summary: 'List', who: 'anyone', query: z.object({ page: z.coerce.number().int().min(1).default(1) }), answers: { 200: z.unknown() } },
    ({ query }) => ({ page: query.page }),
  )
  .get('/orders/:id', { summary: 'One', who: 'anyone', answers: { 200: Order } }, ({ params }) => ({ id: params.id, note: '' }))
  .post('/orders/latest', { summary: 'Latest', who: 'anyone', answers: { 204: null } }, () => noContent())
  .post('/orders/:id/cancel', { summary: 'Cancel', who: 'admin', answers: { 202: z.unknown() } }, () => accepted({ ok: true }))
  .delete('/orders/:id', { summary: 'Remove', who: 'anyone', answers: { 204: null } }, () => noContent())
  .put('/orders/:id/note', { summary: 'Note', who: 'anyone', body: z.object({ note: z.string() }), answers: { 204: null } }, () =>
    noContent(),
  )
  .put(
    '/orders/:id/image',
    {
      summary: 'Replace the image',
      who: 'anyone',
      upload: { mediaTypes: ['image/png'], maxBytes: 2_000 },
      answers: { 200: mediaType('image/png') },
    },
    ({ upload }) => upload,
  )
  .get('/orders/:id/image', { summary: 'Image', who: 'anyone', answers: { 200: mediaType('image/png') } }, () => Buffer.from('png'))
  .get('/orders/:id/refused', { summary: 'Refused', who: 'anyone', answers: { 204: null } }, () => {
    throw new Conflict('order-not-cancellable', 'It is Shipped', { orderStatus: 'Shipped' });
  })
  .get('/orders/:id/broken', { summary: 'Broken', who: 'anyone', answers: { 204: null } }, async () => {
    await Promise.resolve();
    throw new TypeError('secret is undefined');
  })
  .get('/orders/:id/context', { summary: 'Context', who: 'anyone', answers: { 200: z.unknown() } }, async ({ context }) => {
    await Promise.resolve();
    return { ...context, same: currentContext() === context };
  })
  .get('/orders/:id/slow', { summary: 'Slow', who: 'anyone', answers: { 200: z.unknown() } }, async () => {
    gate.entered();
    await new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    return { ok: true };
  });

const users: Record<string, { roles: string[]; scopes: string[] }> = {
  alice: { roles: ['shopper'], scopes: ['openid', 'platform'] },
  admin: { roles: ['admin'], scopes: ['platform'] },
  'third party for alice': { roles: ['shopper'], scopes: ['openid', 'orders:write'] },
  'third party that reads': { roles: ['shopper'], scopes: ['orders:read'] },
};
const auth = {
  verify: async (token: string) => {
    const user = users[token.replaceAll('_', ' ')];
    if (!user) throw new Unauthenticated('token-invalid', 'The access token is not valid');
    return { id: token, ...user, expiresAt: new Date(8_640_000_000_000_000) };
  },
};

describe('the HTTP server', () => {
  let server: HttpServer;
  let host: ServiceHost;
  let url: string;
  const lines: Record<string, unknown>[] = [];
  let dependencyReady = true;

  before(async () => {
    const onUpgrade = (_req: IncomingMessage, socket: Duplex): void => void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nhello');
    server = httpServer({ port: 0, basePath: '/orders', apis: [orders], auth, bodyLimit: 1_000, onUpgrade });
    const log = createLogger('test', 'debug', { write: (line) => void lines.push(JSON.parse(line)) });
    const dependency = { name: 'database', start: async () => undefined, stop: async () => undefined, isReady: () => dependencyReady };
    host = createHost('test', [dependency, server], { log, graceMs: 5_000, exit: () => undefined });
    await host.start();
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  });
  after(() => host.stop());

  const call = async (method: string, path: string, { token, json, ...init }: RequestInit & { token?: string; json?: unknown } = {}) => {
    const response = await fetch(url + path, {
      method,
      ...init,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(init.headers as Record<string, string>),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      headers: response.headers,
      type,
      body: type.includes('json') && text !== '' ? JSON.parse(text) : text,
    };
  };

  it('runs a declared route', async () => {
    const { status, headers, body } = await call('POST', '/orders', { token: 'alice', json: { note: ' hi ' } });
    expect([status, body]).to.deep.equal([201, { id, note: 'hi by alice' }]);
    expect(headers.get('location')).to.equal(`/api/orders/${id}`);
    expect(headers.get('x-powered-by')).to.equal(null);
  });

  it('answers with the declared statuses 202 and 204, and answers HEAD like GET', async () => {
    expect((await call('POST', `/orders/${id}/cancel`, { token: 'admin' })).status).to.equal(202);
    expect((await call('DELETE', `/orders/${id}`)).status).to.equal(204);
    const head = await call('HEAD', `/orders/${id}`);
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, String(JSON.stringify({ id, note: '' }).length)]);
  });

  it('authenticates and authorises the caller', async () => {
    const missing = await call('POST', '/orders', { json: {} });
    expect([missing.status, missing.body.code, missing.type]).to.deep.equal([401, 'token-missing', 'application/problem+json']);
    expect(missing.headers.get('www-authenticate')).to.contain('Bearer');
    for (const authorization of ['Bearer mallory', 'Basic YTpi', 'Bearer', 'Bearer a b']) {
      const refused = await call('POST', '/orders', { json: {}, headers: { authorization } });
      expect([refused.status, refused.body.code]).to.deep.equal([401, 'token-invalid']);
    }
    expect((await call('POST', '/orders', { token: 'admin', json: {} })).body.code).to.equal('role-missing');
    expect((await call('POST', `/orders/${id}/cancel`, { token: 'alice' })).status).to.equal(403);
  });

  it('needs the scope of the route from a third party, for whomever it acts', async () => {
    const place = (token: string) => call('POST', '/orders', { token, json: {} });
    expect((await place('third_party_for_alice')).status).to.equal(201);
    const refused = await place('third_party_that_reads');
    expect([refused.status, refused.body.code, refused.body.scope]).to.deep.equal([403, 'scope-missing', 'orders:write']);
    expect(refused.headers.get('www-authenticate')).to.contain('error="insufficient_scope", scope="orders:write"');
    const ownOnly = await call('POST', `/orders/${id}/cancel`, { token: 'third_party_for_alice' });
    expect([ownOnly.status, ownOnly.body.code]).to.deep.equal([403, 'scope-missing']);
  });

  it('ignores tokens on routes that anyone may call', async () => {
    expect((await call('GET', '/orders?page=2')).body).to.deep.equal({ page: 2 });
    expect((await call('GET', `/orders/${id}`, { token: 'mallory' })).status).to.equal(200);
  });

  for (const [why, path, init, errors] of [
    ['a path parameter', '/orders/17', {}, [{ path: 'id', message: 'Invalid UUID' }]],
    ['a query parameter', '/orders?page=0', {}, [{ path: 'page', message: 'Too small: expected number to be >=1' }]],
    ['an unknown query parameter', '/orders?pgae=1', {}, [{ path: 'pgae', message: 'is not known' }]],
    [
      'a repeated query parameter',
      '/orders?page=1&page=2',
      {},
      [{ path: 'page', message: 'Invalid input: expected number, received NaN' }],
    ],
    ['an unknown member', '/orders', { json: { nope: 1 } }, [{ path: 'nope', message: 'is not known' }]],
    ['a member', '/orders', { json: { note: 'a\u0000b' } }, [{ path: 'note', message: 'must not contain control characters' }]],
    ['no body', '/orders', { method: 'POST' }, [{ path: '', message: 'Invalid input: expected object, received undefined' }]],
  ] as const) {
    it(`refuses a request for ${why}`, async () => {
      const method = 'json' in init || 'method' in init ? 'POST' : 'GET';
      const { status, type, body } = await call(method, path, { token: 'alice', ...init });
      expect([status, type, body.code]).to.deep.equal([400, 'application/problem+json', 'invalid-request']);
      expect(body.errors).to.deep.equal(errors);
    });
  }

  it('refuses a body that it cannot parse', async () => {
    const post = (body: string, type: string) => call('POST', '/orders', { token: 'alice', body, headers: { 'content-type': type } });
    const malformed = await post('{"note":', 'application/json');
    expect([malformed.status, malformed.body.code]).to.deep.equal([400, 'malformed-json']);
    const media = await post('note=1', 'application/x-www-form-urlencoded');
    expect([media.status, media.body.code]).to.deep.equal([415, 'unsupported-media-type']);
    const large = await post(JSON.stringify({ note: 'x'.repeat(1_000) }), 'application/json');
    expect([large.status, large.body.code]).to.deep.equal([413, 'body-too-large']);
    expect((await post('"text"', 'application/json')).body.code).to.equal('invalid-request');
    expect((await post('{"note":"\\ud800"}', 'application/json')).body.code).to.equal('malformed-json');
    expect((await post(`${'['.repeat(400)}${']'.repeat(400)}`, 'application/json')).body.code).to.equal('malformed-json');
    expect((await post('{"note":"\\ud83d\\ude00"}', 'application/json')).body.note).to.contain('😀');
  });

  it('reads a compressed body, and refuses a damaged one', async () => {
    const note = gzipSync('{"note":"hi"}');
    const damaged = Buffer.from(note);
    damaged.writeUInt32LE(0, damaged.length - 8); // its checksum
    const answers: [string, Buffer | string, number, string?][] = [
      ['gzip', note, 201],
      ['GZIP', note, 201],
      ['deflate', deflateSync('{"note":"hi"}'), 201],
      ['br', brotliCompressSync('{"note":"hi"}'), 201],
      ['gzip', '{"note":"hi"}', 400, 'malformed-request'],
      ['gzip', note.subarray(0, 12), 400, 'malformed-request'],
      ['gzip', damaged, 400, 'malformed-request'],
      ['gzip', Buffer.concat([note, Buffer.from('more')]), 400, 'malformed-request'],
      ['deflate', '{"note":"hi"}', 400, 'malformed-request'],
      ['br', '{"note":"hi"}', 400, 'malformed-request'],
      ['gzip', gzipSync('{"note":'), 400, 'malformed-json'],
      ['gzip', gzipSync(Buffer.alloc(1_000_000)), 413, 'body-too-large'],
      ['gzip, gzip', gzipSync(note), 415, 'unsupported-encoding'],
      ['rot13', '{"note":"hi"}', 415, 'unsupported-encoding'],
    ];
    for (const [encoding, body, status, code] of answers) {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      const answer = await call('POST', '/orders', { token: 'alice', body: new Uint8Array(Buffer.from(body)), headers });
      expect([answer.status, answer.body.code], `${encoding} ${body.toString('latin1')}`).to.deep.equal([status, code]);
    }
  });

  it('refuses an unknown character set', async () => {
    for (const charset of ['klingon', 'utf-99', 'latin1']) {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      const { status, body } = await call('POST', '/orders', { token: 'alice', body: '{}', headers });
      expect([status, body.code], charset).to.deep.equal([415, 'unsupported-charset']);
    }
  });

  it('logs no error for a malformed request', () => {
    const errors = lines.filter(({ level }) => level === 'error');
    expect(errors).to.deep.equal([]);
  });

  it('sends bytes', async () => {
    const image = await call('GET', `/orders/${id}/image`);
    expect([image.status, image.type, image.body]).to.deep.equal([200, 'image/png', 'png']);
  });

  it('takes bytes of any media type, up to their limit', async () => {
    const put = (body: string, type: string) => call('PUT', `/orders/${id}/image`, { body, headers: { 'content-type': type } });
    for (const type of ['image/png', 'application/json']) {
      const { status, body } = await put('png', type);
      expect([status, body]).to.deep.equal([200, 'png']);
    }
    const tooLarge = await put('x'.repeat(2_001), 'image/png');
    expect([tooLarge.status, tooLarge.body.code]).to.deep.equal([413, 'body-too-large']);
    const damaged = await call('PUT', `/orders/${id}/image`, { body: 'png', headers: { 'content-encoding': 'gzip' } });
    expect(damaged.status).to.equal(400);
  });

  it('refuses a malformed idempotency key', async () => {
    const refused = await call('POST', '/orders', { token: 'alice', json: {}, headers: { 'idempotency-key': 'x'.repeat(256) } });
    expect([refused.status, refused.body.errors[0].path]).to.deep.equal([400, 'Idempotency-Key']);
  });

  it('answers a refusal with its details, and an unexpected error without any', async () => {
    expect((await call('GET', `/orders/${id}/refused`)).body).to.include({
      status: 409,
      code: 'order-not-cancellable',
      orderStatus: 'Shipped',
    });
    const broken = await call('GET', `/orders/${id}/broken`);
    expect([broken.status, broken.body.code]).to.deep.equal([500, 'internal-error']);
    expect(JSON.stringify(broken.body)).not.to.contain('secret');
  });

  it('answers unknown paths and methods with problem documents', async () => {
    const unknown = await call('GET', '/nothing');
    expect([unknown.status, unknown.body.code, unknown.type]).to.deep.equal([404, 'route-not-found', 'application/problem+json']);
    const method = await call('PATCH', `/orders/${id}`);
    expect([method.status, method.body.code, method.headers.get('allow')]).to.deep.equal([
      405,
      'method-not-allowed',
      'GET, HEAD, DELETE, OPTIONS',
    ]);
    const options = await call('OPTIONS', '/orders');
    expect([options.status, options.headers.get('allow')]).to.deep.equal([204, 'POST, GET, HEAD, OPTIONS']);
    expect((await call('GET', '/orders/%E0%A4%A')).status).to.equal(400);
  });

  it('takes a path that is declared without parameters for no value of a parameter', async () => {
    expect((await call('POST', '/orders/latest')).status).to.equal(204);
    for (const [method, path] of [
      ['GET', '/orders/latest'],
      ['DELETE', '/Orders/Latest/'],
      ['PATCH', '/orders/latest'],
    ] as const) {
      const { status, headers } = await call(method, path);
      expect([status, headers.get('allow')], `${method} ${path}`).to.deep.equal([405, 'POST, OPTIONS']);
    }
  });

  it('gives a request a context, echoes its correlation id and logs both', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers, body } = await call('GET', `/orders/${id}/context`, { headers: { 'x-correlation-id': 'c-42', traceparent } });
    expect(headers.get('x-correlation-id')).to.equal('c-42');
    expect(body).to.include({ correlationId: 'c-42', same: true });
    expect(traceIdOf(body.traceparent)).to.equal(traceIdOf(traceparent));
    const line = lines.find((candidate) => candidate.correlationId === 'c-42');
    expect(line).to.include({ msg: 'request answered', level: 'debug', service: 'test', traceId: traceIdOf(traceparent), status: 200 });
    expect(line).to.include({ method: 'GET', route: '/orders/:id/context' });
    expect((await call('GET', '/nothing', { headers: { 'x-correlation-id': 'c-43' } })).body.correlationId).to.equal('c-43');
  });

  it('logs an unexpected error once, with its stack', () => {
    const broken = lines.filter((line) => JSON.stringify(line).includes('secret is undefined'));
    expect(broken).to.have.length(1);
    expect(broken[0]).to.include({ level: 'error', status: 500 });
  });

  it('never logs a token', () => expect(JSON.stringify(lines)).not.to.match(/Bearer|mallory/));

  it('serves its OpenAPI document and its reference page', async () => {
    const document = await call('GET', '/orders/openapi.json');
    expect(document.body.openapi).to.equal('3.1.0');
    expect(document.body.info.title).to.equal('Orders');
    expect(document.body.paths).to.have.property('/orders/{id}/cancel');
    const page = await call('GET', '/orders/reference');
    expect([page.status, page.type]).to.deep.equal([200, 'text/html; charset=utf-8']);
    expect(page.body).to.contain('/api/orders/{id}/cancel');
  });

  it('counts requests by route, not by URL', async () => {
    const { body } = await call('GET', '/metrics');
    expect(body).to.contain('http_request_duration_seconds_count{method="GET",route="/orders/:id",status="200"}');
    expect(body).to.contain('route="unmatched",status="404"').and.to.contain('process_cpu_seconds_total');
    expect(body).not.to.contain(id);
  });

  it('is live, and ready while its components are', async () => {
    expect((await call('GET', '/health/live')).body.status).to.equal('live');
    expect((await call('GET', '/health/ready')).body).to.deep.equal({ status: 'ready', notReady: [] });
    dependencyReady = false;
    const notReady = await call('GET', '/health/ready');
    dependencyReady = true;
    expect([notReady.status, notReady.body]).to.deep.equal([503, { status: 'not-ready', notReady: ['database'] }]);
  });

  /** Sends these bytes; returns all bytes received until the server closed the connection. */
  const raw = (...bytes: string[]): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      const socket = connect(Number(new URL(url).port), '127.0.0.1', async () => {
        for (const part of bytes) {
          socket.write(part);
          await new Promise((next) => setTimeout(next, 20)); // each in a packet of its own
        }
      });
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
    });

  it('passes on the upgrade of a WebSocket', async () => {
    expect(await raw('GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n'))
      .to.contain('101 ')
      .and.to.contain('hello');
  });

  it('ignores a request to upgrade to another protocol', async () => {
    const body = '{"note":"hi"}';
    const h2c = `POST /orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n`;
    const next = `GET /orders/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    for (const parts of [[h2c + body, next], [h2c, body, next], [h2c + body + next]]) {
      const answer = await raw(...parts);
      expect(answer)
        .to.match(/^HTTP\/1.1 201 /)
        .and.to.contain('hi by alice')
        .and.to.contain('HTTP/1.1 200 ');
    }
  });

  const json = 'host: x\r\ncontent-type: application/json';
  for (const [what, head] of [
    ['without a token', `POST /orders HTTP/1.1\r\n${json}`],
    ['that is too large', `POST /orders HTTP/1.1\r\n${json}\r\nauthorization: Bearer alice`],
    ['of another type', `PUT /orders/${id}/note HTTP/1.1\r\nhost: x`],
    ['to nowhere', 'POST /nowhere HTTP/1.1\r\nhost: x'],
    ['that the route does not read', `GET /orders/${id} HTTP/1.1\r\nhost: x`],
    ['of a HEAD request', `HEAD /nowhere HTTP/1.1\r\nhost: x`],
  ] as const) {
    for (const [framing, open, close] of [
      ['content-length: 300000', '', ''],
      ['transfer-encoding: chunked', '493e0\r\n', '\r\n0\r\n\r\n'],
    ] as const) {
      it(`answers before the end of a body ${what} (${framing}), and then the next request`, async () => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        let received = '';
        const until = async (pattern: RegExp): Promise<void> => {
          while (!pattern.test(received)) received += (await once(socket, 'data'))[0];
        };
        socket.write(`${head}\r\n${framing}\r\n\r\n${open}${'x'.repeat(200_000)}`);
        await until(/^HTTP\/1.1 (200|401|404|413|415) /);
        socket.write(`${'x'.repeat(100_000)}${close}GET /orders?page=7 HTTP/1.1\r\nhost: x\r\n\r\n`);
        await until(/\r\n\r\n(\{.*\})?HTTP\/1.1 200 OK[\s\S]*\{"page":7\}$/);
        socket.destroy();
      });
    }
  }

  it('closes the connection of a client that never ends its answered request', async () => {
    const from = Date.now();
    expect(await raw(`POST /orders HTTP/1.1\r\n${json}\r\ncontent-length: 300000\r\n\r\n{`)).to.match(/^HTTP\/1.1 401 /);
    expect(Date.now() - from).to.be.within(4_000, 15_000);
  });

  it('does not run a route for an aborted upload', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const body = `x-correlation-id: gave-up\r\nauthorization: Bearer alice\r\ncontent-length: 900\r\n\r\n{"note":"hi"`;
    socket.end(`POST /orders HTTP/1.1\r\n${json}\r\n${body}`);
    const logged = () => lines.find(({ correlationId }) => correlationId === 'gave-up');
    while (!logged()) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(logged()).to.include({ msg: 'request answered', status: 499 }).and.not.to.have.property('err');
    socket.destroy();
  });

  for (const [what, request, status] of [
    ['an absolute target, for the host in it', 'GET http://shop/orders?page=3 HTTP/1.1\r\nhost: other', 200],
    ['an absolute target of a health check', 'GET http://shop/health/live HTTP/1.1\r\nhost: other', 200],
    ['the server as a whole', 'OPTIONS * HTTP/1.1\r\nhost: x', 204],
    ['a tunnel', 'CONNECT x:80 HTTP/1.1\r\nhost: x', 405],
    ['another transfer coding', `GET /orders/${id} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked`, 400],
    ['chunks in HTTP/1.0', `GET /orders/${id} HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked`, 400],
    ['two hosts', `GET /orders/${id} HTTP/1.1\r\nhost: x\r\nhost: y`, 400],
    ['no target', 'GET orders HTTP/1.1\r\nhost: x', 400],
    ['a target with a fragment', 'GET /orders#x HTTP/1.1\r\nhost: x', 400],
  ] as const) {
    it(`answers ${status} to a request for ${what}`, async () => {
      const body = request.includes('chunked') ? '0\r\n\r\n' : '';
      expect(await raw(`${request}\r\nconnection: close\r\n\r\n${body}`)).to.match(new RegExp(`^HTTP/1.1 ${status} `));
    });
  }

  it('upgrades a connection only after it answered the earlier requests', async () => {
    const entered = new Promise<void>((resolve) => {
      gate.entered = resolve;
    });
    const received = raw(
      `GET /orders/${id}/slow HTTP/1.1\r\nhost: x\r\n\r\nGET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`,
    );
    await entered;
    gate.open();
    expect(await received).to.match(/^HTTP\/1.1 200 [\s\S]*\{"ok":true\}HTTP\/1.1 101 [\s\S]*hello$/);
  });

  it('answers a request that is not HTTP with a problem document', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer)
      .to.match(/^HTTP\/1.1 400 /)
      .and.to.contain('"code":"malformed-request"');
  });

  it('refuses to start with a route for users but without an authenticator', () => {
    expect(() => httpServer({ port: 0, basePath: '/orders', apis: [orders] })).to.throw('no authenticator');
  });

  it('finishes current requests when it stops, is not ready meanwhile, and accepts no new ones', async () => {
    const entered = new Promise<void>((resolve) => {
      gate.entered = resolve;
    });
    const inHand = new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${url}/orders/${id}/slow`, { agent: false, headers: { connection: 'keep-alive' } }, resolve)
        .on('error', reject)
        .end();
    });
    await entered;
    const stopped = host.stop();
    expect(await host.notReady()).to.deep.equal(['stopping']);
    const refused = await fetch(`${url}/health/live`, { headers: { connection: 'close' } }).then(
      ({ status }) => `answered ${status}`,
      () => 'refused',
    );
    expect(refused).to.equal('refused');
    gate.open();
    const response = await inHand;
    response.resume();
    expect(response.statusCode).to.equal(200);
    await stopped;
    expect(server.server.listening).to.equal(false);
  });
});
