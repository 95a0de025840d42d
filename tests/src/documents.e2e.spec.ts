import { expect } from 'chai';
import { api, expectStatus } from './http.js';

type Operation = { responses: Record<string, unknown> };
type Document = { info: { title: string }; paths: Record<string, Record<string, Operation>> };
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

  it('have only routes that the gateway forwards to', () => {
    for (const { name, paths: served, document } of services)
      for (const path of Object.keys(document.paths)) expect(served, `${name}: ${path}`).to.include(`/api/${path.split('/')[1]}`);
  });

  it('describe the conflicts of the commands on an order', () => {
    const { paths } = services.find(({ name }) => name === 'ordering')!.document;
    for (const command of commands)
      expect(paths[`/orders/{id}/${command}`]!.post!.responses).to.include.all.keys('202', '400', '401', '403', '404', '409');
  });
});
