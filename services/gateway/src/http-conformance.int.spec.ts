import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createHost, createLogger, type ServiceHost } from '@orderstream/service-host';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { Config } from './config.js';
import { gateway } from './gateway.js';

type Received = { method: string; target: string; headers: [string, string][]; body: string };

/** Parses one request strictly; `undefined` while it is incomplete. */
const readRequest = (text: string): { request: Received; rest: string } | undefined => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const [, method = '', target = ''] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(line) ?? [];
  if (method === '') throw new Error(`no request line: ${line}`);
  const headers = fields.map((field) => field.split(/: ?(.*)/s, 2).map((part, index) => (index === 0 ? part.toLowerCase() : part)));
  const all = (name: string) => headers.filter(([given]) => given === name).map(([, value = '']) => value);
  const framing = [...all('content-length'), ...all('transfer-encoding')];
  if (framing.length > 1) throw new Error(`framed twice: ${framing.join(' and ')}`);
  const after = text.slice(end + 4);
  const whole = (body: string, rest: string) => ({ request: { method, target, headers: headers as [string, string][], body }, rest });
  if (all('transfer-encoding').length === 0) {
    const length = Number(framing[0] ?? 0);
    return after.length < length ? undefined : whole(after.slice(0, length), after.slice(length));
  }
  let body = '';
  let rest = after;
  for (;;) {
    const [line, size = ''] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
    if (line === undefined) return undefined;
    const length = Number.parseInt(size, 16);
    if (rest.length < line.length + length + 2) return undefined;
    body += rest.slice(line.length, line.length + length);
    rest = rest.slice(line.length + length + 2);
    if (length === 0) return whole(body, rest);
  }
};

/** A service on a raw socket: records the bytes of each of its connections, and the requests parsed from them. */
const rawService = () => {
  const requests: Received[] = [];
  const connections: { socket: Socket; received: string; closed: boolean }[] = [];
  const service = {
    requests,
    connections,
    answer: (_request: Received, _socket: Socket): void => undefined,
    /** called when the head of a request is complete; returns true when it has answered */
    answerEarly: (_head: string, _socket: Socket): boolean => false,
    reset: () => {
      requests.length = 0;
      for (const { socket } of connections.splice(0)) socket.destroy();
      service.answerEarly = () => false;
      service.answer = ({ method, target, body }, socket) => {
        const answer = `${method} ${target} ${body.length}`;
        const shown = method === 'HEAD' ? '' : answer;
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${answer.length}\r\n\r\n${shown}`);
      };
    },
    server: undefined as unknown as Server,
  };
  service.server = createServer((socket) => {
    const connection = { socket, received: '', closed: false };
    connections.push(connection);
    let unread = '';
    let answered = false;
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connection.closed = true;
    });
    socket.on('data', (chunk: string) => {
      connection.received += chunk;
      unread += chunk;
      if (!answered && unread.includes('\r\n\r\n')) answered = service.answerEarly(unread, socket);
      if (answered) return;
      for (let next = readRequest(unread); next; next = readRequest(unread)) {
        requests.push(next.request);
        unread = next.rest;
        service.answer(next.request, socket);
      }
    });
  });
  service.reset();
  return service;
};

/** A client on a raw socket. */
const rawClient = (port: number) => {
  const client = { socket: undefined as unknown as Socket, received: '', ended: false };
  client.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.socket.setEncoding('latin1');
  client.socket.on('error', () => undefined);
  client.socket.on('data', (chunk: string) => {
    client.received += chunk;
  });
  client.socket.on('end', () => {
    client.ended = true;
    client.socket.end();
  });
  client.socket.on('close', () => {
    client.ended = true;
  });
  return client;
};

const statuses = (received: string): number[] => [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

describe('the gateway, byte by byte', function () {
  this.timeout(30_000);
  const service = rawService();
  let started: { host: ServiceHost; port: number };

  const start = async (env: Record<string, string> = {}, tune: (http: ReturnType<typeof gateway>['http']) => void = () => undefined) => {
    const serviceUrl = `http://127.0.0.1:${(service.server.address() as AddressInfo).port}`;
    const urls = ['IDENTITY', 'PRODUCTS', 'BASKET', 'ORDERING', 'PAYMENT', 'REPORTS', 'NOTIFICATIONS'].map((name) => [
      `${name}_URL`,
      serviceUrl,
    ]);
    const { components, http } = gateway(Config.parse({ ...Object.fromEntries(urls), PORT: '0', UPSTREAM_TIMEOUT_MS: '500', ...env }));
    tune(http);
    const host = createHost('gateway', components, { log: createLogger('gateway', 'silent'), graceMs: 5_000, exit: () => undefined });
    await host.start();
    return { host, port: (http.server.address() as AddressInfo).port };
  };

  before(async () => {
    await new Promise<void>((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    started = await start({ RATE_LIMIT_SENSITIVE_PER_MINUTE: '100000' });
  });
  beforeEach(() => service.reset());
  after(async () => {
    await started.host.stop();
    service.reset();
    service.server.close();
  });

  const open = (at = started) => rawClient(at.port);

  /** Sends this on a connection of its own; returns all bytes received until it was closed. */
  const say = async (bytes: string, at = started): Promise<string> => {
    const client = open(at);
    client.socket.write(bytes, 'latin1');
    if (!client.socket.closed) await once(client.socket, 'close');
    return client.received;
  };

  /** Waits until the request's connection is closed; the gateway may have opened another one. */
  const expectServiceLetGo = (): Promise<void> =>
    eventually(() => {
      const used = service.connections.filter(({ received }) => received !== '');
      expect(used.map(({ closed }) => closed)).to.deep.equal([true]);
    });

  /** Checks that another client gets the answer to its own request. */
  const expectBystanderUnharmed = async (): Promise<void> => {
    const received = await say('GET /api/products/bystander HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n');
    expect(received).to.match(/\r\n\r\nGET \/products\/bystander 0$/);
  };

  describe('frames requests:', () => {
    const inner = 'POST /identity/oidc/token HTTP/1.1\r\nhost: identity\r\ncontent-length: 0\r\n\r\n';
    const chunks = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n`;
    const length = inner.length;
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

    type Case = [name: string, fields: string[], bytes: string, read: string | 'refused'];
    const both: Case[] = [
      ['without a body', [], '', ''],
      ['of length 0', ['content-length: 0'], '', ''],
      ['with a length', [`content-length: ${length}`], inner, inner],
      ['with a length that Connection names', [`content-length: ${length}`, 'connection: content-length'], inner, inner],
      ['with a length and chunks', [`content-length: ${length}`, 'transfer-encoding: chunked'], `${chunks}\r\n`, 'refused'],
      ['with chunks and a length', ['transfer-encoding: chunked', `content-length: ${length}`], `${chunks}\r\n`, 'refused'],
      ['with two lengths', ['content-length: 0', `content-length: ${length}`], inner, 'refused'],
      ['with one length twice', [`content-length: ${length}`, `content-length: ${length}`], inner, 'refused'],
      ['with a list of lengths', [`content-length: ${length}, ${length}`], inner, 'refused'],
      ['with a signed length', [`content-length: +${length}`], inner, 'refused'],
      ['with a negative length', ['content-length: -1'], inner, 'refused'],
      ['with a length in two words', [`content-length: ${length} 0`], inner, 'refused'],
      ['with a hexadecimal length', ['content-length: 0x10'], inner, 'refused'],
      ['with an empty length', ['content-length:'], inner, 'refused'],
      ['with a length before its colon', [`content-length : ${length}`], inner, 'refused'],
      ['with a folded length', ['x-folded: 1', ` content-length: ${length}`], inner, 'refused'],
      ['with chunks in another coding', ['transfer-encoding: gzip, chunked'], `${chunks}\r\n`, 'refused'],
      ['with chunks inside a coding', ['transfer-encoding: chunked, gzip'], `${chunks}\r\n`, 'refused'],
      ['with chunks twice', ['transfer-encoding: chunked, chunked'], `${chunks}\r\n`, 'refused'],
      ['with chunks in two fields', ['transfer-encoding: gzip', 'transfer-encoding: chunked'], `${chunks}\r\n`, 'refused'],
      ['with an unknown coding', ['transfer-encoding: xchunked'], `${chunks}\r\n`, 'refused'],
      ['with the identity coding', ['transfer-encoding: identity'], inner, 'refused'],
      ['with a malformed chunk', ['transfer-encoding: chunked'], `${length}z\r\n${inner}\r\n0\r\n\r\n`, 'refused'],
    ];
    const newer: Case[] = [
      ['in chunks', ['transfer-encoding: chunked'], `${chunks}\r\n`, inner],
      ['in Chunks', ['Transfer-Encoding:  Chunked '], `${chunks}\r\n`, inner],
      ['in no chunk', ['transfer-encoding: chunked'], '0\r\n\r\n', ''],
      ['in chunks with extensions', ['transfer-encoding: chunked'], `${length.toString(16)};a=b\r\n${inner}\r\n0\r\n\r\n`, inner],
      ['in chunks with trailers', ['transfer-encoding: chunked', 'trailer: x-t'], `${chunks}x-t: 1\r\n\r\n`, inner],
      ['in chunks with a length in the trailers', ['transfer-encoding: chunked'], `${chunks}content-length: 3\r\n\r\n`, 'refused'],
      ['in chunks that Connection names', ['transfer-encoding: chunked', 'connection: transfer-encoding'], `${chunks}\r\n`, inner],
      ['that expects 100-continue', [`content-length: ${length}`, 'expect: 100-continue'], inner, inner],
      ['that expects something else', [`content-length: ${length}`, 'expect: tea'], inner, 'refused'],
    ];
    const older: Case[] = [
      ['in chunks', ['transfer-encoding: chunked'], `${chunks}\r\n`, 'refused'],
      ['that expects 100-continue', [`content-length: ${length}`, 'expect: 100-continue'], inner, inner],
    ];

    const expectFramed = async (version: string, method: string, [, fields, bytes, read]: Case): Promise<void> => {
      service.reset();
      const received = await say(
        `${method} /api/identity/x HTTP/${version}\r\nhost: shop\r\n${[...fields, 'connection: close'].join('\r\n')}\r\n\r\n${bytes}`,
      );
      const status = statuses(received).at(-1);
      await expectBystanderUnharmed();
      const [first, ...others] = service.requests;
      if (read === 'refused') {
        expect(status, `${method}: ${received}`).to.be.within(400, 417);
        expect([first?.target, others], `${method} reached the service`).to.deep.equal(['/products/bystander', []]);
      } else {
        expect(status, `${method}: ${received}`).to.equal(200);
        expect([first?.method, first?.target, first?.body]).to.deep.equal([method, '/identity/x', read]);
        expect(others.map(({ target }) => target)).to.deep.equal(['/products/bystander']);
      }
    };

    for (const [version, cases] of [
      ['1.1', [...both, ...newer]],
      ['1.0', [...both, ...older]],
    ] as const) {
      for (const framed of cases) {
        const [name, , , read] = framed;
        it(`${name} in HTTP/${version}, by every method, is ${read === 'refused' ? 'refused' : 'forwarded with its body'}`, async () => {
          for (const method of methods) await expectFramed(version, method, framed);
        });
      }
    }

    it('an unknown method is refused', async () => {
      for (const framed of [...both, ...newer])
        await expectFramed('1.1', 'BREW', [...(framed.slice(0, 3) as [string, string[], string]), 'refused']);
    });

    it('a request in pieces is forwarded like a whole one', async () => {
      const client = open();
      for (const piece of [
        'POST /api/orders HT',
        'TP/1.1\r\nhost: shop\r\ntransfer-enc',
        'oding: chunked\r\n\r\n5\r',
        '\nhel',
        'lo\r\n0\r\n',
        '\r\n',
      ]) {
        client.socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await eventually(() => expect(client.received).to.contain('POST /orders 5'));
      client.socket.destroy();
    });
  });

  describe('answers early:', () => {
    const unauthorized = 'HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno';
    const half = 'x'.repeat(150_000);
    const next = 'GET /api/products/next HTTP/1.1\r\nhost: shop\r\n\r\n';

    for (const [how, framing, rest] of [
      ['with a length', 'content-length: 300000', half],
      ['in chunks', 'transfer-encoding: chunked', `\r\n${half.length.toString(16)}\r\n${half}\r\n0\r\n\r\n`],
    ] as const) {
      it(`the service’s early answer to a body ${how} is returned, the connection to the service closed, the client’s kept`, async () => {
        service.answerEarly = (head, socket) => head.startsWith('POST') && socket.write(unauthorized) !== undefined;
        const client = open();
        const first = framing.startsWith('t') ? `${half.length.toString(16)}\r\n${half}` : half;
        client.socket.write(`POST /api/orders HTTP/1.1\r\nhost: shop\r\n${framing}\r\n\r\n${first}`);
        await eventually(() => expect(client.received).to.match(/^HTTP\/1.1 401 [\s\S]*\r\n\r\nno$/));
        await expectServiceLetGo();
        client.socket.write(rest + next);
        await eventually(() => expect(client.received).to.match(/GET \/products\/next 0$/));
        expect(service.requests.map(({ target }) => target)).to.deep.equal(['/products/next']);
        client.socket.destroy();
      });
    }

    it('the service’s early answer is returned even when the service closes its connection', async () => {
      service.answerEarly = (head, socket) => head.startsWith('POST') && socket.end(unauthorized) !== undefined;
      const client = open();
      client.socket.write(`POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-length: 300000\r\n\r\n${half}`);
      await eventually(() => expect(client.received).to.match(/^HTTP\/1.1 401 [\s\S]*\r\n\r\nno$/));
      client.socket.write(half + next);
      await eventually(() => expect(client.received).to.match(/GET \/products\/next 0$/));
      client.socket.destroy();
    });

    for (const [what, line] of [
      ['a body that is too large', 'POST /api/orders HTTP/1.1\r\ncontent-length: 1100000'],
      ['an unknown path', 'POST /api/nowhere HTTP/1.1\r\ncontent-length: 300000'],
      ['a route of the gateway', 'GET /api HTTP/1.1\r\ncontent-length: 300000'],
      ['a preflight', 'OPTIONS /api/orders HTTP/1.1\r\norigin: https://x\r\naccess-control-request-method: GET\r\ncontent-length: 300000'],
      ['a health check', 'GET /health/live HTTP/1.1\r\ncontent-length: 300000'],
    ] as const) {
      it(`after an early answer to ${what} the connection stays usable`, async () => {
        const client = open();
        client.socket.write(`${line}\r\nhost: shop\r\n\r\n${half}`);
        await eventually(() => expect(statuses(client.received)).to.have.length(1));
        expect(service.requests).to.deep.equal([]);
        client.socket.write('x'.repeat(Number(/\d+$/.exec(line)?.[0]) - half.length) + next);
        await eventually(() => expect(client.received).to.match(/GET \/products\/next 0$/));
        client.socket.destroy();
      });
    }

    it('the connection of a client that never ends its request is closed', async () => {
      const client = open();
      client.socket.write('POST /api/nowhere HTTP/1.1\r\nhost: shop\r\ncontent-length: 300000\r\n\r\nx');
      await eventually(() => expect(statuses(client.received)).to.deep.equal([404]));
      await eventually(() => expect(client.ended).to.equal(true), { timeoutMs: 15_000 });
    });

    it('the body of a client that disconnects is not completed', async () => {
      const client = open();
      client.socket.write('POST /api/orders HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
      await eventually(() => expect(service.connections[0]?.received).to.contain('hello'));
      client.socket.destroy();
      await eventually(() => expect(service.connections[0]?.closed).to.equal(true));
      expect(service.requests).to.deep.equal([]);
    });
  });

  describe('parses the target of a request:', () => {
    const ask = (line: string, ...fields: string[]) => say(`${[line, ...fields, 'connection: close'].join('\r\n')}\r\n\r\n`);

    for (const [target, asked] of [
      ['http://127.0.0.1:8080/api/products', '/products'],
      ['HTTP://shop/api/products/1?x=http://y/', '/products/1?x=http://y/'],
      ['https://shop/api/orders', '/orders'],
      ['/api/products?x=/../y', '/products?x=/../y'],
    ] as const) {
      it(`${target} is forwarded to the service`, async () => {
        const received = await ask(`GET ${target} HTTP/1.1`, 'host: other');
        expect(statuses(received), received).to.deep.equal([200]);
        expect(received).to.contain(`GET ${asked} 0`);
        const host = /^https?:\/\/([^/]+)/i.exec(target)?.[1] ?? 'other';
        expect(service.requests[0]?.headers).to.deep.include(['x-forwarded-host', host]);
      });
    }

    for (const [line, status] of [
      ['OPTIONS * HTTP/1.1', 204],
      ['OPTIONS http://shop HTTP/1.1', 204],
      ['GET http://shop HTTP/1.1', 200],
      ['GET http://shop?x=1 HTTP/1.1', 200],
      ['GET http://shop/health/live HTTP/1.1', 200],
      ['GET //api/products HTTP/1.1', 404],
      ['GET //shop/api/products HTTP/1.1', 404],
      ['GET /api/../metrics HTTP/1.1', 404],
      ['GET /api/products/../../orders HTTP/1.1', 404],
      ['GET /api/products%2f1 HTTP/1.1', 404],
      ['GET http://shop//api/products HTTP/1.1', 404],
      ['GET * HTTP/1.1', 400],
      ['GET api/products HTTP/1.1', 400],
      ['GET shop:80 HTTP/1.1', 400],
      ['GET ftp://shop/api/products HTTP/1.1', 400],
      ['GET http:///api/products HTTP/1.1', 400],
      ['GET http://user@shop/api/products HTTP/1.1', 400],
      ['GET /api/products#x HTTP/1.1', 400],
      ['GET http://shop/api/products#x HTTP/1.1', 400],
      ['CONNECT shop:80 HTTP/1.1', 405],
      ['CONNECT /api/products HTTP/1.1', 405],
    ] as const) {
      it(`${line.slice(0, -9)} is answered with ${status}`, async () => {
        const received = await ask(line, 'host: shop');
        expect(statuses(received), received).to.deep.equal([status]);
        expect(service.requests).to.deep.equal([]);
      });
    }

    it('the body limit, the rate limit and CORS apply to every form of target', async () => {
      const strict = await start({ RATE_LIMIT_SENSITIVE_PER_MINUTE: '1' });
      const answers = [];
      for (const target of ['/api/identity/register', 'http://shop/api/identity/register', 'http://shop/api/identity/Register/?x']) {
        const received = await say(`POST ${target} HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`, strict);
        answers.push(statuses(received)[0]);
      }
      expect(answers).to.deep.equal([200, 429, 429]);
      const image = await say(
        `PUT http://shop/api/products/1/image HTTP/1.1\r\nhost: x\r\ncontent-length: 1500000\r\nconnection: close\r\n\r\n${'x'.repeat(1_500_000)}`,
      );
      expect(statuses(image)).to.deep.equal([200]);
      const metrics = await say('GET /metrics HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n');
      expect(metrics).to.contain('http_request_duration_seconds_count{method="PUT",route="/api/products",status="200"}');
      const shut = await start({ WAIT_FOR_URLS: 'http://127.0.0.1:1/' });
      expect(statuses(await say('GET http://shop/api/orders HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', shut))).to.deep.equal([503]);
      await strict.host.stop();
      await shut.host.stop();
    });
  });

  describe('refuses:', () => {
    const get = 'GET /api/products HTTP/1.1';
    for (const [what, bytes, status] of [
      ['bytes that are no request', 'NONSENSE\r\n\r\n', 400],
      ['another protocol', 'GET /api/products HTTP/3.0\r\nhost: shop\r\n\r\n', 400],
      ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
      ['a request without a host', `${get}\r\n\r\n`, 400],
      ['a request with two hosts', `${get}\r\nhost: shop\r\nHost: evil\r\n\r\n`, 400],
      ['a request with a list of hosts', `${get}\r\nhost: shop, evil\r\n\r\n`, 400],
      ['a host that is a URL', `${get}\r\nhost: http://evil/\r\n\r\n`, 400],
      ['a field without a colon', `${get}\r\nhost: shop\r\nnothing\r\n\r\n`, 400],
      ['a field with a NUL', `${get}\r\nhost: shop\r\nx: a\0b\r\n\r\n`, 400],
      ['a field with a lone CR', `${get}\r\nhost: shop\r\nx: a\rcontent-length: 3\r\n\r\n`, 400],
      ['lines that end with LF alone', `${get}\nhost: shop\ncontent-length: 3\n\nabc`, 400],
      ['too many bytes of headers', `${get}\r\nhost: shop\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['too long a target', `GET /api/products?${'x'.repeat(20_000)} HTTP/1.1\r\nhost: shop\r\n\r\n`, 431],
      [
        'an upgrade with a body',
        'GET /ws HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade\r\nupgrade: websocket\r\ncontent-length: 5\r\n\r\nhello',
        400,
      ],
      ['an upgrade that is no GET', 'POST /ws HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n', 400],
      ['an upgrade elsewhere', 'GET http://shop/api/ws HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n', 404],
    ] as const) {
      it(`${what}: closes the connection, and sends nothing to a service`, async () => {
        expect(statuses(await say(bytes))).to.deep.equal([status]);
        expect(service.requests).to.deep.equal([]);
      });
    }
  });

  it('answers pipelined requests in their order', async () => {
    const { answer } = service;
    service.answer = (request, socket) => {
      // the service answers the first request last
      if (request.target === '/orders/1')
        void eventually(() => expect(service.requests).to.have.length(4)).then(() => answer(request, socket));
      else answer(request, socket);
    };
    const received = await say(
      [
        'GET /api/orders/1 HTTP/1.1\r\nhost: shop\r\n\r\n',
        'POST /api/orders/2 HTTP/1.1\r\nhost: shop\r\ncontent-length: 5\r\n\r\nhello',
        'GET /api/nowhere HTTP/1.1\r\nhost: shop\r\n\r\n',
        'DELETE /api/products/3 HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
        'HEAD /api/reports/4 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n',
      ].join(''),
    );
    expect(statuses(received)).to.deep.equal([200, 200, 404, 200, 200]);
    expect(received.match(/(GET|POST|DELETE) [/\w]+ \d/g)).to.deep.equal(['GET /orders/1 0', 'POST /orders/2 5', 'DELETE /products/3 2']);
  });

  it('answers a request for another protocol after the earlier requests', async () => {
    const { answer } = service;
    service.answer = (request, socket) => {
      if (request.target === '/orders/1') setImmediate(() => setImmediate(() => answer(request, socket)));
      else answer(request, socket);
    };
    const received = await say(
      'GET /api/orders/1 HTTP/1.1\r\nhost: shop\r\n\r\n' +
        'GET /api/orders/2 HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n' +
        'GET /api/orders/3 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n',
    );
    expect(received.match(/GET [/\w]+ \d/g)).to.deep.equal(['GET /orders/1 0', 'GET /orders/2 0', 'GET /orders/3 0']);
  });

  it('aborts the request to the service when the client half-closes its connection', async () => {
    service.answer = () => undefined;
    const client = open();
    client.socket.end('GET /api/orders HTTP/1.1\r\nhost: shop\r\n\r\n');
    await eventually(() => expect(client.ended).to.equal(true));
    await expectServiceLetGo();
  });

  it('closes a connection that is half-closed before its first request', async () => {
    const client = open();
    client.socket.end('GET /api/or');
    await eventually(() => expect(client.ended).to.equal(true));
    expect(service.requests).to.deep.equal([]);
  });

  it('aborts a request whose body stops, and closes the connection to the service', async () => {
    for (const framing of ['content-length: 10', 'transfer-encoding: chunked']) {
      service.reset();
      const client = open();
      client.socket.write(`POST /api/orders HTTP/1.1\r\nhost: shop\r\n${framing}\r\n\r\n${framing.startsWith('t') ? '5\r\n' : ''}hello`);
      await eventually(() => expect(statuses(client.received)).to.deep.equal([408]));
      await expectServiceLetGo();
      expect(service.requests).to.deep.equal([]);
      client.socket.destroy();
    }
  });

  it('accepts a body that arrives slowly but steadily', async () => {
    const client = open();
    client.socket.write('POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-length: 4\r\n\r\n');
    for (const byte of 'slow') {
      await new Promise((resolve) => setTimeout(resolve, 200)); // each pause is shorter than the limit of 500 ms, all together are longer
      client.socket.write(byte);
    }
    await eventually(() => expect(client.received).to.contain('POST /orders 4'));
    client.socket.destroy();
  });

  it('times out when headers or a body never end', async () => {
    const impatient = await start({ UPSTREAM_TIMEOUT_MS: '60000' }, ({ server }) => {
      server.headersTimeout = 300;
      server.requestTimeout = 600;
    });
    const slowHeaders = say('GET /api/orders HTTP/1.1\r\nhost: shop\r\nx-slow: ', impatient);
    const slowBody = say('POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-length: 10\r\n\r\nhello', impatient);
    expect([...statuses(await slowHeaders), ...statuses(await slowBody)]).to.deep.equal([408, 408]);
    await impatient.host.stop();
  });
});
