import type { AddressInfo } from 'node:net';
import { Problem, SalesReport } from '@orderstream/contracts';
import { type HttpServer, httpServer } from '@orderstream/http';
import { testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { order } from '../../test/example-order.js';
import { type TestSearch, testSearch } from '../../test/test-search.js';
import { connectElasticsearch } from '../search/elasticsearch.js';
import { getSalesReport } from './get-sales-report.js';
import { salesRoutes } from './sales-routes.js';

describe('the API of reports', function () {
  this.timeout(30_000);
  let search: TestSearch;
  const servers: HttpServer[] = [];

  const serve = async (report: Parameters<typeof salesRoutes>[0]['getSalesReport']): Promise<string> => {
    const server = httpServer({
      port: 0,
      basePath: '/reports',
      // the token is the role
      auth: { verify: async (role) => ({ id: 'somebody', roles: [role], scopes: ['platform'], expiresAt: new Date('2100-01-01') }) },
      apis: [salesRoutes({ getSalesReport: report })],
    });
    await server.start(testHost());
    servers.push(server);
    return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/reports/sales`;
  };
  const get = (url: string, role?: string) => fetch(url, { headers: role ? { authorization: `Bearer ${role}` } : {} });

  before(async () => {
    search = testSearch();
    await search.makeIndex();
    await search.indexOrders([{ order: order({ status: 'Paid' }), version: 1 }]);
    await search.refresh();
  });
  after(async () => {
    for (const server of servers) await server.stop();
    await search?.drop();
  });

  it('answers admins only', async () => {
    const url = await serve(getSalesReport(search.client, search.index.alias));
    const answer = await get(url, 'admin');
    expect(answer.status).to.equal(200);
    expect(SalesReport.parse(await answer.json()).data).to.have.length(1);
    expect((await get(url, 'shopper')).status).to.equal(403);
    expect((await get(url)).status).to.equal(401);
  });

  it('refuses an invalid query', async () => {
    const url = await serve(getSalesReport(search.client, search.index.alias));
    for (const query of ['from=yesterday', 'groupBy=colour', 'colour=red', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z']) {
      const answer = await get(`${url}?${query}`, 'admin');
      expect(answer.status, query).to.equal(400);
    }
  });

  it('answers 503 quickly while Elasticsearch is down', async () => {
    const away = connectElasticsearch('http://127.0.0.1:4699');
    const url = await serve(getSalesReport(away, 'orders'));
    const begun = Date.now();
    const answer = await get(url, 'admin');
    expect(answer.status).to.equal(503);
    expect(answer.headers.get('retry-after')).to.equal('1');
    expect(Problem.parse(await answer.json()).code).to.equal('search-unavailable');
    expect(Date.now() - begun).to.be.below(3_000);
    await away.close();
  });
});
