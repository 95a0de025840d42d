import { Problem } from '@orderstream/contracts';
import { expect } from 'chai';
import { type Document, type DocumentedService, documentedServices } from './documents.js';
import { api, ask, expectStatus } from './http.js';
import { platform } from './platform.js';

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
      'Basket',
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

  it('show an example of each refusal, by its code', async () => {
    const others = [
      `${platform.gateway}/openapi.json`,
      `${platform.gateway}/api/openapi.json`,
      `${platform.provider}/psp/openapi.json`,
      `${platform.mailbox}/mailbox/openapi.json`,
    ];
    const documents = [
      ...services.map(({ document }) => document),
      ...(await Promise.all(others.map(async (url) => expectStatus(await ask<Document>(url), 200)))),
    ];
    for (const { info, paths, components } of documents) {
      for (const [path, operations] of Object.entries(paths)) {
        for (const [method, { responses }] of Object.entries(operations)) {
          for (const [status, { $ref, ...own }] of Object.entries(responses).filter(([code]) => Number(code) >= 400)) {
            const where = `${info.title}: ${method} ${path} ${status}`;
            const { content = {} } = $ref ? components.responses![$ref.split('/').at(-1)!]! : own;
            const refusal = content['application/problem+json'];
            if (!refusal && content['application/json']) continue; // the provider's 402 and the gateway's 503 have bodies of their own
            const examples = Object.entries(refusal?.examples ?? {});
            expect(examples, where).not.to.deep.equal([]);
            for (const [code, { value }] of examples) expect(Problem.parse(value), where).to.deep.include({ code, status: Number(status) });
            const documented = refusal?.schema.properties?.code.enum;
            if (documented) expect(documented, where).to.have.members(examples.map(([code]) => code));
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
