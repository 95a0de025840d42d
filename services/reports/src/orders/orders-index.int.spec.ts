import { currentLog, type Host } from '@orderstream/service-host';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { order } from '../../test/example-order.js';
import { type TestSearch, testSearch } from '../../test/test-search.js';
import { connectElasticsearch } from '../search/elasticsearch.js';
import { orderMapping } from './order-document.js';
import { ordersIndex, ordersIndexComponent } from './orders-index.js';

const host = (): { host: Host; failures: unknown[]; stop: () => void } => {
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const partial: Partial<Host> = { log: currentLog(), stopping: stopping.signal, fail: (error) => failures.push(error) };
  return { host: partial as Host, failures, stop: () => stopping.abort() };
};

describe('the index of orders', function () {
  this.timeout(30_000);
  let search: TestSearch;

  beforeEach(() => {
    search = testSearch();
  });
  afterEach(() => search?.drop());

  it('is made once by many at once, behind its alias', async () => {
    const others = Array.from({ length: 4 }, () => ordersIndex(search.client, search.index.alias.replace(/orders$/, '')));
    await Promise.all(others.map((other) => other.ensure()));
    const aliases = await search.client.indices.getAlias({ name: search.index.alias });
    expect(Object.keys(aliases)).to.deep.equal([`${search.index.alias}-v1`]);
  });

  it('keeps what it has when the service starts again', async () => {
    await search.indexOrders([{ order: order(), version: 1 }]);
    search.index.forget();
    await search.index.ensure();
    await search.refresh();
    expect((await search.client.count({ index: search.index.alias })).count).to.equal(1);
  });

  it('has the mapping of the documents, without replicas', async () => {
    await search.index.ensure();
    const name = `${search.index.alias}-v1`;
    const { [name]: found } = await search.client.indices.get({ index: name });
    expect(Object.keys(found!.mappings!.properties!)).to.have.members(Object.keys(orderMapping.properties!));
    expect(found!.settings!.index!.number_of_replicas).to.equal('0');
  });

  it('makes the service ready once it is there', async () => {
    const component = ordersIndexComponent(search.client, search.index);
    await component.start(host().host);
    await eventually(async () => expect(await component.isReady?.()).to.equal(true));
  });

  it('leaves the service started, but not ready, while Elasticsearch is away', async () => {
    const away = connectElasticsearch('http://127.0.0.1:4699');
    const component = ordersIndexComponent(away, ordersIndex(away));
    const running = host();
    await component.start(running.host);
    expect(await component.isReady?.()).to.equal(false);
    running.stop();
    await component.stop();
    expect(running.failures).to.deep.equal([]);
  });

  it('ends the service when it is another than this code can write to', async () => {
    await search.client.indices.create({
      index: `${search.index.alias}-v1`,
      mappings: { properties: { status: { type: 'integer' } } },
      aliases: { [search.index.alias]: {} },
    });
    const running = host();
    await ordersIndexComponent(search.client, search.index).start(running.host);
    await eventually(() => expect(running.failures).to.have.length(1));
  });
});
