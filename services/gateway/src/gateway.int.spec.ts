import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createHost, createLogger, type ServiceHost } from '@orderstream/service-host';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { Config } from './config.js';
import { gateway } from './gateway.js';

type Started = { url: string; host: ServiceHost };

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('the gateway', function () {
  this.timeout(20_000);
  const seen: IncomingMessage[] = [];
  let answer: RequestListener;
  let service: Server;
  let serviceUrl: string;
  let open: Started;

  const start = async (env: Record<string, string> = {}, log = createLogger('gateway', 'silent')): Promise<Started> => {
    const urls = ['IDENTITY', 'PRODUCTS', 'BASKET', 'ORDERING', 'PAYMENT', 'REPORTS', 'NOTIFICATIONS'].map((name) => [
      `${name}_URL`,
      serviceUrl,
    ]);
    const { components, http } = gateway(Config.parse({ ...Object.fromEntries(urls), PORT: '0', UPSTREAM_TIMEOUT_MS: '300', ...env }));
    const host = createHost('gateway', components, { log, graceMs: 5_000, exit: () => undefined });
    await host.start();
    return { host, url: `http://127.0.0.1:${(http.server.address() as AddressInfo).port}` };
  };

  before(async () => {
    service = createServer((req, res) => {
      seen.push(req);
      answer(req, res);
    });
    service.on('upgrade', (req, socket) => {
      seen.push(req);
      socket.on('error', () => undefined);
      socket.on('end', () => socket.end());
      if (req.headers['x-refuse']) socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
      else {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: yes\r\n\r\nhello',
        );
        socket.on('data', (chunk) => socket.write(`echo ${chunk}`));
      }
    });
    serviceUrl = await listen(service);
    open = await start();
  });
  beforeEach(() => {
    seen.length = 0;
    answer = (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => {
        res.setHeader('content-type', 'application/json');
        res.setHeader('x-correlation-id', req.headers['x-correlation-id'] ?? '');
        res.end(JSON.stringify({ method: req.method, url: req.url, bytes: Buffer.concat(chunks).length }));
      });
    };
  });
  after(async () => {
    await open.host.stop();
    service.closeAllConnections();
    service.close();
  });

  const call = async (path: string, init: RequestInit = {}, at = open) => {
    const response = await fetch(at.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };

  it('forwards a request to the service of its path, without /api, and returns the answer', async () => {
    const { status, headers, body } = await call('/api/orders/1?x=%20y', {
      method: 'POST',
      body: 'hello',
      headers: { 'x-correlation-id': 'c-1' },
    });
    expect([status, body]).to.deep.equal([200, { method: 'POST', url: '/orders/1?x=%20y', bytes: 5 }]);
    expect(headers.get('x-correlation-id')).to.equal('c-1');
    expect(seen[0]?.headers).to.include({ 'x-correlation-id': 'c-1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
  });

  it('generates a correlation id and a trace when the request has none', async () => {
    const { headers } = await call('/api/orders');
    expect(headers.get('x-correlation-id'))
      .to.match(/^[0-9a-f-]{36}$/)
      .and.to.equal(seen[0]?.headers['x-correlation-id']);
    expect(seen[0]?.headers.traceparent).to.match(/^00-/);
  });

  it('keeps its connections to services alive', async () => {
    await call('/api/orders');
    await call('/api/orders/1');
    expect(seen[0]?.socket).to.equal(seen[1]?.socket);
  });

  it('returns all answers of a service unchanged, problems and empty answers included', async () => {
    answer = (_req, res) => res.writeHead(409, { 'content-type': 'application/problem+json', 'retry-after': '1' }).end('{"code":"x"}');
    const problem = await call('/api/orders');
    expect([problem.status, problem.body.code, problem.headers.get('retry-after')]).to.deep.equal([409, 'x', '1']);
    answer = (_req, res) => res.writeHead(204).end();
    expect((await call('/api/orders', { method: 'DELETE' })).status).to.equal(204);
    answer = (_req, res) => res.writeHead(303, { location: '/api/identity/x', 'set-cookie': ['a=1', 'b=2'] }).end();
    const redirect = await call('/api/identity/login', { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).to.deep.equal([303, '/api/identity/x']);
    expect(redirect.headers.getSetCookie()).to.deep.equal(['a=1', 'b=2']);
    answer = (_req, res) => res.writeHead(200, { 'content-length': '5' }).end();
    expect((await call('/api/orders', { method: 'HEAD' })).headers.get('content-length')).to.equal('5');
  });

  it('streams an answer', async () => {
    let finish = (): void => undefined;
    answer = (_req, res) => {
      res.write('first');
      finish = () => void res.end('last');
    };
    const response = await fetch(`${open.url}/api/reports/exports/1/download`);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).to.equal('first');
    finish();
    expect(Buffer.from((await reader.read()).value!).toString()).to.equal('last');
  });

  it('answers 404 for unknown services', async () => {
    for (const path of ['/api/psp/payments', '/api/metrics', '/api/unknown', '/psp/calls', '/orders']) {
      const { status, body } = await call(path);
      expect([status, body.code]).to.deep.equal([404, 'route-not-found']);
    }
    expect(seen).to.have.length(0);
  });

  it('refuses a body that is too large, with or without a content length', async () => {
    const megabyte = Buffer.alloc(1_048_576);
    expect((await call('/api/orders', { method: 'POST', body: megabyte })).body.bytes).to.equal(1_048_576);
    const declared = await call('/api/orders', { method: 'POST', body: Buffer.alloc(1_048_577) });
    expect([declared.status, declared.body.code, declared.headers.get('content-type')]).to.deep.equal([
      413,
      'body-too-large',
      'application/problem+json',
    ]);
    const chunked = (bytes: number) =>
      ({ method: 'POST', duplex: 'half', body: new Blob([Buffer.alloc(bytes)]).stream() }) as unknown as RequestInit;
    expect((await call('/api/orders', chunked(1_048_576))).body.bytes).to.equal(1_048_576);
    const large = await call('/api/orders', chunked(1_500_000));
    expect([large.status, large.body.code]).to.deep.equal([413, 'body-too-large']);
    expect((await call('/api/products/1/image', { method: 'PUT', body: Buffer.alloc(2_000_000) })).status).to.equal(200);
    expect((await call('/api/products/1/image', { method: 'PUT', body: Buffer.alloc(2_097_153) })).status).to.equal(413);
  });

  it('answers a problem when a service is silent, is down, or breaks off', async () => {
    answer = () => undefined;
    const silent = await call('/api/orders');
    expect([silent.status, silent.body.code]).to.deep.equal([504, 'service-timeout']);
    answer = (req) => req.socket.destroy();
    const broken = await call('/api/orders', { method: 'POST', body: 'x' });
    expect([broken.status, broken.body.code, broken.headers.get('retry-after')]).to.deep.equal([503, 'service-unreachable', '2']);
    const away = await start({ ORDERING_URL: 'http://127.0.0.1:1' });
    const unreachable = await call('/api/orders', {}, away);
    expect([unreachable.status, unreachable.body.code, unreachable.body.title]).to.deep.equal([
      503,
      'service-unreachable',
      'Service Unavailable',
    ]);
    await away.host.stop();
  });

  it('waits for a service as long as its route allows', async () => {
    const at = await start({ UPSTREAM_TIMEOUT_QUICK_MS: '150', UPSTREAM_TIMEOUT_MS: '150', UPSTREAM_TIMEOUT_SLOW_MS: '20000' });
    let finish = (): void => undefined;
    answer = (req, res) => {
      if (req.url === '/reports/sales') finish = () => void res.end('{}');
    };
    const report = call('/api/reports/sales', {}, at);
    for (const path of ['/api/products', '/api/orders']) expect((await call(path, {}, at)).status).to.equal(504);
    finish();
    expect((await report).status).to.equal(200);
    await at.host.stop();
  });

  it('sends a GET again when the service closes or resets the connection', async () => {
    for (const breakOff of ['destroy', 'resetAndDestroy'] as const) {
      let times = 0;
      answer = (req, res) => {
        times += 1;
        if (times < 3) req.socket[breakOff]();
        else res.end('again');
      };
      expect((await call('/api/orders')).body).to.equal('again');
    }
  });

  it('sends a GET again while a service restarts', async () => {
    const restarted = createServer((_req, res) => res.end('back'));
    const url = await listen(restarted);
    const at = await start({ ORDERING_URL: url });
    await new Promise((resolve) => restarted.close(resolve));
    const waiting = call('/api/orders', {}, at);
    await call('/api/products', {}, at); // by then the first connection is refused
    restarted.listen(Number(new URL(url).port), '127.0.0.1');
    expect((await waiting).body).to.equal('back');
    restarted.closeAllConnections();
    restarted.close();
    await at.host.stop();
  });

  it('gives up a GET after four times, and sends what changes something only once', async () => {
    answer = (req) => req.socket.destroy();
    expect((await call('/api/orders')).status).to.equal(503);
    expect(seen).to.have.length(4);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      seen.length = 0;
      expect((await call('/api/orders/1', { method })).status).to.equal(503);
      expect(seen, method).to.have.length(1);
    }
  });

  it('does not send a GET again that timed out', async () => {
    answer = () => undefined;
    expect((await call('/api/orders')).status).to.equal(504);
    expect(seen).to.have.length(1);
  });

  describe('answers a browser’s visitor with a page', () => {
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
    const visit = (at: Started, init: RequestInit = {}) => call('/api/identity/oidc/auth', { ...init, headers: { accept: browser } }, at);

    const cases: [what: string, env: Record<string, string>, status: number, retryAfter: string | null][] = [
      ['when a service is away', { IDENTITY_URL: 'http://127.0.0.1:1' }, 503, '2'],
      ['when a service is silent', {}, 504, null],
      ['while the platform starts', { WAIT_FOR_URLS: 'http://127.0.0.1:1/' }, 503, '2'],
    ];
    for (const [what, env, status, retryAfter] of cases) {
      it(what, async () => {
        answer = () => undefined;
        const at = await start(env);
        const page = await visit(at);
        expect([page.status, page.headers.get('content-type'), page.headers.get('retry-after')]).to.deep.equal([
          status,
          'text/html; charset=utf-8',
          retryAfter,
        ]);
        expect(page.body)
          .to.match(/<h1>.+<\/h1>/)
          .and.not.contain('<script');
        expect(page.body.includes('http-equiv="refresh" content="2"')).to.equal(retryAfter !== null);
        const policy = page.headers.get('content-security-policy')!;
        expect(policy).to.contain("default-src 'none'").and.not.contain('unsafe');
        const style = /<style>([^<]*)<\/style>/.exec(page.body)![1]!;
        expect(policy).to.contain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
        expect(page.headers.get('vary')).to.contain('Accept');
        await at.host.stop();
      });
    }

    it('when a service is busy', async () => {
      const at = await start({ UPSTREAM_MAX_IN_FLIGHT: '1' });
      answer = () => undefined;
      const [first, second] = await Promise.all([visit(at), visit(at)]);
      expect([first!.status, second!.status].sort()).to.deep.equal([503, 504]);
      expect([first, second].find((page) => page!.status === 503)!.body).to.contain('We are busy');
      await at.host.stop();
    });

    it('which does not reload what changes something', async () => {
      const at = await start({ IDENTITY_URL: 'http://127.0.0.1:1' });
      const page = await visit(at, { method: 'POST' });
      expect([page.status, page.headers.get('content-type')]).to.deep.equal([503, 'text/html; charset=utf-8']);
      expect(page.body).not.to.contain('refresh');
      await at.host.stop();
    });
  });

  it('does not complete an answer that the service broke off', async () => {
    answer = (_req, res) => {
      res.writeHead(200, { 'content-length': '10' });
      res.write('half', () => res.destroy());
    };
    const outcome = await call('/api/orders').then(
      () => 'whole',
      () => 'broken off',
    );
    expect(outcome).to.equal('broken off');
  });

  it('aborts the request to the service when the client disconnects', async () => {
    const client = httpRequest(`${open.url}/api/orders`).on('error', () => undefined);
    const left = new Promise<void>((resolve) => {
      answer = (req) => {
        req.on('close', () => resolve());
        client.destroy();
      };
    });
    client.end();
    await left;
  });

  it('limits the concurrent requests to each service, so that a silent service does not block the others', async () => {
    const at = await start({ UPSTREAM_MAX_IN_FLIGHT: '2', UPSTREAM_TIMEOUT_MS: '400' });
    const respond = answer;
    answer = (req, res) => (req.url === '/orders' ? undefined : respond(req, res));
    const outcomes = await Promise.all([1, 2, 3].map(() => call('/api/orders', {}, at)));
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal([503, 504, 504]);
    expect((await call('/api/products', {}, at)).status).to.equal(200);
    expect((await call('/api/orders/1', {}, at)).status).to.equal(200);
    await at.host.stop();
  });

  it('limits the request rate of a caller', async () => {
    const at = await start({ RATE_LIMIT_PER_SECOND: '3' });
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => call('/api/orders', {}, at)));
    const refused = outcomes.filter(({ status }) => status === 429);
    expect(refused.length).to.be.within(4, 7); // the second may end during the requests
    expect(refused[0]?.body).to.include({ code: 'rate-limited', status: 429 });
    expect(refused[0]?.headers.get('retry-after')).to.equal('1');
    expect(outcomes[0]?.headers.get('ratelimit')).to.match(/^"request"; r=2; t=1$/);
    expect(outcomes[0]?.headers.get('ratelimit-policy')).to.match(/^"request"; q=3; w=1; pk=:.+:$/);
    expect((await call('/health/live', {}, at)).status).to.equal(200);
    await at.host.stop();
  });

  it('limits requests that hash a password by address, whoever the caller is', async () => {
    const at = await start({ RATE_LIMIT_SENSITIVE_PER_MINUTE: '3', TRUSTED_PROXIES: '1' });
    const post = (path: string, address: string, token = 'none') =>
      call(path, { method: 'POST', headers: { 'x-forwarded-for': address, authorization: `Bearer ${token}` } }, at);
    const paths = ['/api/identity/register', '/api/identity/oidc/token', '/api/identity/Register/', '/api/identity/register?x=1'];
    const outcomes = [];
    for (const path of paths) outcomes.push(await post(path, '203.0.113.7', path));
    expect(outcomes.map(({ status }) => status)).to.deep.equal([200, 200, 200, 429]);
    expect(outcomes[0]?.headers.get('ratelimit')).to.contain('"sign-in"; r=2; t=60');
    expect(outcomes[0]?.headers.get('ratelimit-policy')).to.match(/^"request"; q=5000; w=1; .*, "sign-in"; q=3; w=60; /);
    expect(outcomes[3]?.body.code).to.equal('rate-limited');
    expect(Number(outcomes[3]?.headers.get('retry-after'))).to.be.within(50, 60);
    expect((await post('/api/identity/register', '203.0.113.8')).status).to.equal(200);
    expect((await post('/api/orders', '203.0.113.7')).status).to.equal(200);
    expect((await call('/api/identity/oidc/jwks', { headers: { 'x-forwarded-for': '203.0.113.7' } }, at)).status).to.equal(200);
    await at.host.stop();
  });

  it('limits searches and orders of a caller by the minute, apart from one another', async () => {
    const at = await start({ RATE_LIMIT_SEARCH_PER_MINUTE: '2', RATE_LIMIT_ORDERS_PER_MINUTE: '1', TRUSTED_PROXIES: '1' });
    const from = (address: string, path: string, method = 'GET') =>
      call(path, { method, headers: { 'x-forwarded-for': address } }, at).then(({ status }) => status);
    const outcomes = [];
    for (const search of ['lamp', 'desk', 'chair']) outcomes.push(await from('203.0.113.7', `/api/products?search=${search}`));
    for (const _ of [1, 2]) outcomes.push(await from('203.0.113.7', '/api/orders', 'POST'));
    expect(outcomes).to.deep.equal([200, 200, 429, 200, 429]);
    expect(await from('203.0.113.7', '/api/products')).to.equal(200);
    expect(await from('203.0.113.8', '/api/products?search=lamp')).to.equal(200);
    await at.host.stop();
  });

  it('answers an upgrade over the limit with Retry-After', async () => {
    const at = await start({ RATE_LIMIT_PER_SECOND: '1' });
    const answers = await Promise.all([1, 2, 3, 4].map(() => upgrade('/ws', {}, { until: 'hello', at })));
    const refused = answers.filter((answer) => answer.startsWith('HTTP/1.1 429'));
    expect(refused.length).to.be.within(2, 3);
    expect(refused[0]).to.contain('retry-after: 1').and.to.contain('rate-limited');
    await at.host.stop();
  });

  it('refuses requests until everything was ready once, and accepts them from then on', async () => {
    let ready = false;
    answer = (req, res) => res.writeHead(req.url !== '/health/ready' || ready ? 200 : 503).end();
    const at = await start({ WAIT_FOR_URLS: `${serviceUrl}/health/ready` });
    const refused = await call('/api/orders', {}, at);
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).to.deep.equal([503, 'platform-starting', '2']);
    expect((await call('/', {}, at)).status).to.equal(503);
    expect((await call('/health/live', {}, at)).status).to.equal(200);
    expect((await call('/health/ready', {}, at)).body.notReady).to.deep.equal(['platform']);
    ready = true;
    await eventually(async () => expect((await call('/health/ready', {}, at)).status).to.equal(200));
    ready = false;
    expect((await call('/api/orders', {}, at)).status).to.equal(200);
    await at.host.stop();
  });

  it('sets security headers, which a service may replace', async () => {
    const { headers } = await call('/api/orders');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('content-security-policy')).to.contain("frame-ancestors 'none'").and.not.contain('unsafe');
    expect(headers.get('x-powered-by')).to.equal(null);
    answer = (_req, res) => res.writeHead(200, { 'content-security-policy': "default-src 'none'" }).end();
    expect((await call('/api/identity/login')).headers.get('content-security-policy')).to.equal("default-src 'none'");
  });

  it('allows the listed origins, and ignores the CORS headers of services', async () => {
    const at = await start({ CORS_ORIGINS: 'https://shop.example,https://app.example' });
    answer = (_req, res) =>
      res
        .writeHead(200, { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', vary: 'Accept-Encoding' })
        .end('{}');
    for (const path of ['/api/orders', '/api/identity/oidc/jwks', '/api', '/api/nowhere']) {
      const from = async (origin?: string) => (await call(path, origin ? { headers: { origin } } : {}, at)).headers;
      for (const origin of ['https://shop.example', 'https://app.example']) {
        const allowed = await from(origin);
        expect(allowed.get('access-control-allow-origin')).to.equal(origin);
        expect(allowed.get('access-control-expose-headers')?.toLowerCase().split(', ')).to.include.members([
          'etag',
          'location',
          'idempotent-replayed',
          'retry-after',
          'x-correlation-id',
          'ratelimit',
          'ratelimit-policy',
        ]);
        expect(allowed.get('access-control-allow-credentials')).to.equal(null);
      }
      for (const origin of ['https://evil.example', 'http://shop.example', 'https://shop.example.evil', 'null', undefined]) {
        const foreign = await from(origin);
        expect([...foreign.keys()].filter((name) => name.startsWith('access-control-'))).to.deep.equal([]);
        expect(foreign.get('vary')).to.contain('Origin');
      }
    }
    expect((await call('/api/orders', {}, at)).headers.get('vary')).to.equal('Origin, Accept-Encoding');
    expect(seen.every(({ headers }) => headers.origin === undefined)).to.equal(true);
    await at.host.stop();
  });

  it('does not start with an origin that no browser sends', () => {
    for (const origin of ['https://shop.example/', 'https://shop.example/shop', 'shop.example', '*'])
      expect(Config.shape.CORS_ORIGINS.safeParse(`https://app.example,${origin}`).success, origin).to.equal(false);
    expect(Config.shape.WS_ORIGINS.parse('https://app.example, http://127.0.0.1:5173')).to.have.length(2);
  });

  it('answers preflights itself', async () => {
    const at = await start({ CORS_ORIGINS: 'https://shop.example', RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_SENSITIVE_PER_MINUTE: '1' });
    const preflight = (path: string, origin: string, method: string, headers: string) =>
      call(
        path,
        {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
        },
        at,
      );
    const asked = 'authorization, content-type, idempotency-key, if-match, x-correlation-id, x-session-id, traceparent';
    for (const path of ['/api/orders', '/api/identity/oidc/token', '/api/identity/register']) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const allowed = await preflight(path, 'https://shop.example', method, asked);
        expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).to.deep.equal([204, 'https://shop.example']);
        expect(allowed.headers.get('access-control-allow-methods')?.split(', ')).to.include(method);
        expect(allowed.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).to.include.members(asked.split(', '));
      }
      const foreign = await preflight(path, 'https://evil.example', 'POST', asked);
      expect([...foreign.headers.keys()].filter((name) => name.startsWith('access-control-'))).to.deep.equal([]);
    }
    expect(seen).to.have.length(0);
    await at.host.stop();
  });

  it('serves a start page and links the documents of the services', async () => {
    const page = await call('/');
    expect(page.body).to.contain('/api/orders/reference').and.to.contain('href="/api/reference"').and.to.contain('href="/health"');
    expect(page.headers.get('content-security-policy')).to.match(/^default-src 'none'; img-src data:; style-src 'sha256-[^']+';/);
    const { body } = await call('/api');
    expect(body.services.map(({ name }: { name: string }) => name)).to.deep.equal([
      'identity',
      'products',
      'basket',
      'ordering',
      'payment',
      'reports',
      'notifications',
    ]);
    expect(body.services[3]).to.deep.include({ openapi: '/api/orders/openapi.json' });
    expect((await call('/openapi.json')).body.paths).to.have.property('/api');
    expect((await call('/reference')).status).to.equal(200);
  });

  /** Opens a raw socket with an upgrade; returns the bytes received until `until` or the end. */
  const upgrade = (path: string, headers: Record<string, string> = {}, { say = '', until = '\0', at = open } = {}): Promise<string> =>
    new Promise((resolve) => {
      const lines = Object.entries({ host: new URL(at.url).host, connection: 'Upgrade', upgrade: 'websocket', ...headers });
      const socket = connect(Number(new URL(at.url).port), '127.0.0.1', () =>
        socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.endsWith('hello') && say) socket.write(say);
        if (text.includes(until)) socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });

  it('proxies a WebSocket to notifications in both directions', async () => {
    const said = await upgrade('/ws?x=1', { 'sec-websocket-key': 'k', 'x-correlation-id': 'c-9' }, { say: 'hi', until: 'echo hi' });
    expect(said)
      .to.match(/^HTTP\/1.1 101 /)
      .and.to.contain('sec-websocket-accept: yes')
      .and.to.contain('hello')
      .and.to.contain('echo hi');
    expect(seen[0]?.url).to.equal('/ws?x=1');
    expect(seen[0]?.headers).to.include({
      upgrade: 'websocket',
      'sec-websocket-key': 'k',
      'x-correlation-id': 'c-9',
      'x-forwarded-for': '127.0.0.1',
    });
  });

  it('refuses a WebSocket from another origin, at another path, or that notifications refuses', async () => {
    const foreign = await upgrade('/ws', { origin: 'https://evil.example' });
    expect(foreign)
      .to.match(/^HTTP\/1.1 403 /)
      .and.to.contain('origin-not-allowed')
      .and.to.contain('application/problem+json');
    expect(await upgrade('/api/orders')).to.match(/^HTTP\/1.1 404 /);
    expect(seen).to.have.length(0);
    expect(await upgrade('/ws', { 'x-refuse': '1' })).to.match(/^HTTP\/1.1 401 /);
    expect(await upgrade('/ws', { origin: open.url }, { until: 'hello' })).to.match(/^HTTP\/1.1 101 /);
    const away = await start({ NOTIFICATIONS_URL: 'http://127.0.0.1:1' });
    expect(await upgrade('/ws', {}, { at: away }))
      .to.match(/^HTTP\/1.1 503 /)
      .and.to.contain('retry-after: 2')
      .and.to.contain('service-unreachable');
    await away.host.stop();
    const starting = await start({ WAIT_FOR_URLS: 'http://127.0.0.1:1/' });
    expect(await upgrade('/ws', {}, { at: starting }))
      .to.match(/^HTTP\/1.1 503 /)
      .and.to.contain('platform-starting');
    await starting.host.stop();
  });

  it('gives an upgrade one correlation id: echoed, passed on and logged', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = createLogger('gateway', 'debug', { write: (line) => void lines.push(JSON.parse(line)) });
    const at = await start({}, log);
    const idOf = (answer: string) => /x-correlation-id: (\S+)/i.exec(answer)?.[1];
    const logged = (message: string) => lines.filter(({ msg }) => msg === message).map(({ correlationId }) => correlationId);
    const made = idOf(await upgrade('/ws', {}, { until: 'hello', at }));
    const taken = idOf(await upgrade('/ws', { 'x-correlation-id': 'c-7' }, { until: 'hello', at }));
    const refused = idOf(await upgrade('/ws', { 'x-refuse': '1' }, { at }));
    expect(made).to.match(/^[0-9a-f-]{36}$/);
    expect(taken).to.equal('c-7');
    expect(seen.map(({ headers }) => headers['x-correlation-id'])).to.deep.equal([made, 'c-7', refused]);
    expect([logged('upgraded'), logged('upgrade refused')]).to.deep.equal([[made, 'c-7'], [refused]]);
    await at.host.stop();
  });

  it('closes its sockets when it stops', async () => {
    const at = await start();
    const ended = upgrade('/ws', {}, { at });
    await eventually(async () => expect((await call('/metrics', {}, at)).body).to.match(/^gateway_websockets 1$/m));
    const from = Date.now();
    await at.host.stop();
    expect(await ended).to.contain('101 ');
    expect(Date.now() - from).to.be.below(1_000);
  });
});
