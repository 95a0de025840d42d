import type { AddressInfo } from 'node:net';
import { Problem, RebuildState } from '@orderstream/contracts';
import { type HttpServer, httpServer } from '@orderstream/http';
import { type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { type TestSearch, testSearch } from '../../test/test-search.js';
import { getSalesReport } from '../sales/get-sales-report.js';
import { salesRoutes } from '../sales/sales-routes.js';
import { indexState, whenComplete } from './index-state.js';
import { noteProgress, takeRebuild, wantRebuild } from './read-model.js';
import { rebuildRoutes } from './rebuild-routes.js';

describe('the API of a rebuild', function () {
  this.timeout(30_000);
  const process = '0199d6f0-0000-7000-8000-000000000001';
  let search: TestSearch;
  let database: TestDatabase;
  let server: HttpServer;
  let url: string;

  before(async () => {
    search = testSearch();
    database = await testDatabase('reports');
    const state = indexState(database.db, search.index);
    server = httpServer({
      port: 0,
      basePath: '/reports',
      // the token is the role
      auth: { verify: async (role) => ({ id: 'somebody', roles: [role], scopes: ['platform'], expiresAt: new Date('2100-01-01') }) },
      apis: [
        salesRoutes({ getSalesReport: whenComplete(state, getSalesReport(search.client, search.index.alias)) }),
        rebuildRoutes({ state, wantRebuild: () => wantRebuild(database.db) }),
      ],
    });
    await server.start(testHost());
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/reports`;
  });
  after(async () => {
    await server?.stop();
    await search?.drop();
    await database?.drop();
  });

  const ask = (path: string, role: string, method = 'GET') =>
    fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${role}` } });
  const state = async () => RebuildState.parse(await (await ask('/rebuild', 'admin')).json());

  it('is allowed to admins only', async () => {
    expect((await ask('/rebuild', 'shopper')).status).to.equal(403);
    expect((await ask('/rebuild', 'shopper', 'POST')).status).to.equal(403);
    expect((await state()).wanted).to.equal(false);
  });

  it('shows that orders are missing and the progress of the rebuild, as the reports do', async () => {
    expect(await state()).to.deep.equal({ complete: false, completedAt: null, wanted: false, progress: null });
    expect(await takeRebuild(database.db, process)).to.equal(true);
    expect(await noteProgress(database.db, process, { eventsRead: 37, eventsTotal: 87 })).to.equal(true);
    const progress = { eventsRead: 37, eventsTotal: 87 };
    expect((await state()).progress).to.deep.equal(progress);

    const answer = await ask('/sales', 'admin');
    expect(answer.status).to.equal(503);
    expect(answer.headers.get('retry-after')).to.equal('5');
    const problem = (await answer.json()) as { rebuild: unknown };
    expect(Problem.parse(problem).code).to.equal('report-incomplete');
    expect(problem.rebuild).to.deep.equal(progress);
  });

  it('stores the request of an operator', async () => {
    expect((await ask('/rebuild', 'admin', 'POST')).status).to.equal(202);
    expect((await ask('/rebuild', 'admin', 'POST')).status).to.equal(202);
    expect((await state()).wanted).to.equal(true);
  });
});
