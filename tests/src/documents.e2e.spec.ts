import { expect } from 'chai';
import { api, expectStatus } from './http.js';

type Operation = { servers?: { url: string }[]; responses: Record<string, unknown> };
type Document = { info: { title: string }; servers: { url: string }[]; paths: Record<string, Record<string, Operation>> };
type Index = { services: { name: string; paths: string[]; openapi: string }[] };

const commands = ['cancel', 'hold', 'release', 'confirm', 'ship'];

describe('the OpenAPI documents', () => {
  let services: (Index['services'][number] & { document: Document })[];
  before(async () => {
    const index = expectStatus(await api<Index>(''), 200);
    services = await Promise.all(
      index.services.map(async (service) => ({
        ...service,
        document: expectStatus(await api<Document>(service.openapi.slice('/api'.length)), 200),
      })),
    );
  });

  it('have titles of one word', () => {
    expect(services.map(({ document }) => document.info.title)).to.have.members([
      'Identity',
      'Products',
      'Orders',
      'Payments',
      'Reports',
      'Notifications',
    ]);
  });

  it('distinguish public routes from internal ones', async () => {
    for (const { name, paths: served, document } of services) {
      for (const [path, operations] of Object.entries(document.paths)) {
        const isPublic = served.includes(`/api/${path.split('/')[1]}`);
        for (const [method, { servers = document.servers }] of Object.entries(operations))
          expect(servers[0]!.url, `${name}: ${method} ${path}`).to.equal(isPublic ? '/api' : '/');
        if (!isPublic) expect((await api(path)).status, path).to.equal(404);
      }
    }
  });

  it('are merged into one', async () => {
    const merged = expectStatus(await api<Document & { info: { 'x-missing-services': string[] } }>('/openapi.json'), 200);
    expect(merged.info['x-missing-services']).to.deep.equal([]);
    for (const { paths: served, document } of services) {
      const paths = Object.keys(document.paths).filter((path) => served.includes(`/api/${path.split('/')[1]}`));
      expect(Object.keys(merged.paths)).to.include.members(paths.map((path) => `/api${path}`));
    }
  });

  it('describe the conflicts of the commands on an order', () => {
    const { paths } = services.find(({ name }) => name === 'ordering')!.document;
    for (const command of commands)
      expect(paths[`/orders/{id}/${command}`]!.post!.responses).to.include.all.keys('202', '400', '401', '403', '404', '409');
  });
});
