import { Problem } from '@orderstream/contracts';
import { expect } from 'chai';
import { type Document, type DocumentedService, documentedServices } from './documents.js';
import { api, expectStatus } from './http.js';

const commands = ['cancel', 'hold', 'release', 'confirm', 'ship'];

describe('the OpenAPI documents', () => {
  let services: DocumentedService[];
  before(async () => {
    services = await documentedServices();
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

  it('show an example of each refusal, by its code', () => {
    for (const { name, document } of services) {
      for (const [path, operations] of Object.entries(document.paths)) {
        for (const [method, { responses }] of Object.entries(operations)) {
          for (const [status, { content = {} }] of Object.entries(responses).filter(([code]) => Number(code) >= 400)) {
            const where = `${name}: ${method} ${path} ${status}`;
            const examples = Object.entries(content['application/problem+json']?.examples ?? {});
            expect(examples, where).not.to.deep.equal([]);
            for (const [code, { value }] of examples) expect(Problem.parse(value), where).to.deep.include({ code, status: Number(status) });
          }
        }
      }
    }
  });

  it('describe the conflicts of the commands on an order', () => {
    const { paths } = services.find(({ name }) => name === 'ordering')!.document;
    for (const command of commands)
      expect(paths[`/orders/{id}/${command}`]!.post!.responses).to.include.all.keys('202', '400', '401', '403', '404', '409');
  });
});
