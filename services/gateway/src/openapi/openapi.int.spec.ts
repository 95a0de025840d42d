import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { api, type HttpServer, httpServer } from '@orderstream/http';
import { createHost, createLogger, type ServiceHost } from '@orderstream/service-host';
import { eventually, testHost } from '@orderstream/testing';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { z } from 'zod';
import { Config } from '../config.js';
import { gateway } from '../gateway.js';

const names = ['identity', 'products', 'basket', 'ordering', 'payment', 'reports', 'notifications'];
const issuer = 'http://127.0.0.1:8080/api/identity/oidc';
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const service = (name: string, port = 0): HttpServer => {
  const basePath = { ordering: '/orders', payment: '/payments' }[name] ?? `/${name}`;
  const View = z.object({ [name]: z.string() }).meta({ id: 'View' });
  const routes = api(name, basePath).get(`${basePath}/:id`, { summary: 'Get one', who: 'anyone', answers: { 200: View } }, () => ({
    [name]: 'x',
  }));
  return httpServer({ port, basePath, title: name, apis: [routes] });
};

type Document = { info: { 'x-missing-services': string[] }; paths: object };
type Health = { status: string; notReady: string[]; services: { name: string; status: string; notReady: string[] }[] };

describe('the gateway’s documents', function () {
  this.timeout(20_000);
  const services = new Map<string, HttpServer>();
  const ports = new Map<string, number>();
  let host: ServiceHost;
  let url: string;

  const start = async (name: string): Promise<void> => {
    services.set(name, service(name, ports.get(name)));
    await services.get(name)!.start(testHost());
  };

  before(async () => {
    for (const name of names) {
      await start(name);
      ports.set(name, portOf(services.get(name)!.server));
    }
    const urls = names.map((name) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${ports.get(name)}`]);
    const { components, http } = gateway(Config.parse({ ...Object.fromEntries(urls), PORT: '0', OIDC_ISSUER: issuer }));
    host = createHost('gateway', components, { log: createLogger('gateway', 'silent'), graceMs: 5_000, exit: () => undefined });
    await host.start();
    url = `http://127.0.0.1:${portOf(http.server)}`;
  });
  after(async () => {
    await host.stop();
    for (const { stop } of services.values()) await stop();
  });

  const read = async <Body>(path: string): Promise<{ status: number; headers: Headers; body: Body }> => {
    const answer = await fetch(url + path);
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
  };
  it('are one valid document of all services', async () => {
    const { headers, body } = await read<Document>('/api/openapi.json');
    expect(headers.get('content-type')).to.equal('application/json; charset=utf-8');
    expect(Object.keys(body.paths)).to.deep.equal([
      '/api/identity/{id}',
      '/api/products/{id}',
      '/api/basket/{id}',
      '/api/orders/{id}',
      '/api/payments/{id}',
      '/api/reports/{id}',
      '/api/notifications/{id}',
    ]);
    expect(await new Validator().validate(body)).to.deep.equal({ valid: true });
  });

  it('leave out a service while it is away, and health names it', async () => {
    expect(await read<Health>('/health')).to.deep.include({ status: 200 });
    await services.get('payment')!.stop();
    await eventually(async () =>
      expect((await read<Document>('/api/openapi.json')).body.info['x-missing-services']).to.deep.equal(['payment']),
    );
    const health = await eventually(async () => {
      const found = await read<Health>('/health');
      expect(found.status).to.equal(503);
      return found;
    });
    expect(health.headers.get('retry-after')).to.equal('1');
    expect(health.body).to.deep.include({ status: 'not-ready', notReady: ['payment'] });
    expect(health.body.services[4]).to.deep.equal({ name: 'payment', status: 'not-ready', notReady: ['unreachable'] });

    await start('payment'); // on its port again
    await eventually(async () => expect((await read<Document>('/api/openapi.json')).body.info['x-missing-services']).to.deep.equal([]));
    await eventually(async () => expect((await read<Health>('/health')).body).to.deep.include({ status: 'ready', notReady: [] }));
  });

  it('have a reference page with one script, from the gateway itself', async () => {
    const page = await fetch(`${url}/api/reference?code=x&state=y`);
    const html = await page.text();
    expect(page.status, html).to.equal(200);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).to.contain("script-src 'self';").and.to.contain("connect-src 'self' http://127.0.0.1:8080;");
    expect(html).not.to.match(/https?:|<style|style=/);
    const [, source] = /<script src="(\/api\/reference\/[0-9a-f]{16}\.js)"><\/script>/.exec(html) ?? [];
    const script = await fetch(url + source);
    expect(script.headers.get('content-type')).to.equal('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    const code = await script.text();
    const started = JSON.parse(/createApiReference\('#reference', (\{.*\})\);\n$/.exec(code)![1]!);
    expect(started).to.deep.include({ url: '/api/openapi.json', withDefaultFonts: false, telemetry: false });
    expect(started.authentication.securitySchemes.logIn.flows.authorizationCode).to.deep.equal({
      'x-scalar-client-id': 'reference',
      'x-scalar-redirect-uri': 'http://127.0.0.1:8080/api/reference',
      'x-usePkce': 'SHA-256',
      'x-scalar-credentials-location': 'body',
      selectedScopes: ['openid', 'platform'],
    });
    expect((await fetch(`${url}/api/reference/other.js`)).status).to.equal(404);
  });
});
