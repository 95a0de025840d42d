import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isTimeout, isTransient } from '@orderstream/async';
import { Unavailable } from '@orderstream/contracts';
import { expect } from 'chai';
import { order } from '../../test/example-order.js';
import { asStored, type TestSearch, testSearch } from '../../test/test-search.js';
import { connectElasticsearch } from '../search/elasticsearch.js';
import { DocumentRefused, indexOrders } from './index-orders.js';

describe('indexing orders', function () {
  this.timeout(30_000);
  let search: TestSearch;

  beforeEach(async () => {
    search = testSearch();
    await search.makeIndex();
  });
  afterEach(() => search?.drop());

  const stored = async (id: string) => {
    const { _source, _version } = await search.client.get<ReturnType<typeof order>>({ index: search.index.alias, id });
    return { status: _source!.status, version: _version };
  };
  const count = async () => {
    await search.refresh();
    return (await search.client.count({ index: search.index.alias })).count;
  };

  it('stores the whole order of an event', async () => {
    const placed = order();
    await search.indexOrders([{ order: placed, version: 1 }]);
    const { _source } = await search.client.get({ index: search.index.alias, id: placed.id });
    expect(_source).to.deep.equal(asStored(placed));
  });

  it('stores the newest of each order in a batch in any order', async () => {
    const [one, other] = [order(), order()];
    await search.indexOrders([
      { order: { ...one, status: 'Paid' }, version: 3 },
      { order: { ...other, status: 'Placed' }, version: 1 },
      { order: { ...one, status: 'PendingPayment' }, version: 2 },
    ]);
    expect(await stored(one.id)).to.deep.equal({ status: 'Paid', version: 3 });
    expect(await stored(other.id)).to.deep.equal({ status: 'Placed', version: 1 });
  });

  it('is not changed by a late event', async () => {
    const paid = order({ status: 'Paid' });
    await search.indexOrders([{ order: paid, version: 3 }]);
    await search.indexOrders([{ order: { ...paid, status: 'PendingPayment' }, version: 2 }]);
    expect(await stored(paid.id)).to.deep.equal({ status: 'Paid', version: 3 });
  });

  it('is not changed by a repeat', async () => {
    const placed = order();
    await search.indexOrders([{ order: placed, version: 1 }]);
    const before = await search.client.get({ index: search.index.alias, id: placed.id });
    await search.indexOrders([{ order: placed, version: 1 }]);
    const after = await search.client.get({ index: search.index.alias, id: placed.id });
    expect(after._seq_no).to.equal(before._seq_no);
    expect(await count()).to.equal(1);
  });

  it('names the poison document of a batch; one by one, only that document fails', async () => {
    const good = [order(), order()];
    const poison = order({ lines: [{ productId: 'p', name: 'Too many', quantity: 3_000_000_000, amount: 1 }] });
    const batch = [good[0]!, poison, good[1]!].map((each) => ({ order: each, version: 1 }));

    const refused = await search.indexOrders(batch).catch((error) => error);
    expect(refused).to.be.instanceOf(DocumentRefused);
    expect(refused.message).to.include(poison.id).and.to.not.include(good[0]!.id);
    expect(isTransient(refused)).to.equal(false);

    const outcomes = await Promise.allSettled(batch.map((each) => search.indexOrders([each])));
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(await count()).to.equal(2);
  });

  it('never creates an index: a missing index is an outage', async () => {
    await search.client.indices.delete({ index: `${search.index.alias}-*` });
    for (const target of [
      { index: search.index.alias, require_alias: true },
      { index: search.index.alias, require_alias: false }, // as a write with a wrong configuration would
      { index: `${search.index.alias}-v1-0`, require_alias: false },
    ]) {
      const failed = await indexOrders(search.client, target)([{ order: order(), version: 1 }]).catch((error) => error);
      expect(failed).to.be.instanceOf(Unavailable);
    }
    expect(await search.index.current()).to.deep.equal([]);
  });

  const settings = (settings: Record<string, true | null>) => search.client.indices.putSettings({ index: search.index.alias, settings });
  const blocks: Record<string, [set: () => Promise<unknown>, lift: () => Promise<unknown>]> = {
    'blocked for writes': [() => settings({ 'index.blocks.write': true }), () => settings({ 'index.blocks.write': null })],
    'read-only': [() => settings({ 'index.blocks.read_only': true }), () => settings({ 'index.blocks.read_only': null })],
    'read-only for a full disk': [
      () => settings({ 'index.blocks.read_only_allow_delete': true }),
      () => settings({ 'index.blocks.read_only_allow_delete': null }),
    ],
    closed: [
      () => search.client.indices.close({ index: search.index.alias }),
      () => search.client.indices.open({ index: search.index.alias }),
    ],
  };
  for (const [state, [set, lift]] of Object.entries(blocks)) {
    it(`fails with an outage while the index is ${state}, and works again afterwards`, async () => {
      const placed = order();
      await set();
      const failed = await search.indexOrders([{ order: placed, version: 1 }]).catch((error) => error);
      expect([isTransient(failed), isTimeout(failed)]).to.deep.equal([true, false]);
      await lift();
      await search.indexOrders([{ order: placed, version: 1 }]);
      expect(await count()).to.equal(1);
    });
  }

  it('fails with an outage while Elasticsearch does not answer', async () => {
    const away = connectElasticsearch('http://127.0.0.1:4699');
    const failed = await indexOrders(away, { index: 'orders', require_alias: true })([{ order: order(), version: 1 }]).catch(
      (error) => error,
    );
    expect(isTransient(failed)).to.equal(true);
    await away.close();
  });

  it('fails with an outage while the whole cluster is read-only', async () => {
    // the answer of Elasticsearch 8.19 to a bulk request under `cluster.blocks.read_only`, which a shared server cannot
    // be set to
    const error = { type: 'cluster_block_exception', reason: 'blocked by: [FORBIDDEN/6/cluster read-only (api)];' };
    const blocked = createServer((_, answer) => {
      answer.writeHead(403, {
        'x-elastic-product': 'Elasticsearch',
        'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
      });
      answer.end(JSON.stringify({ error: { root_cause: [error], ...error }, status: 403 }));
    });
    await new Promise<void>((resolve) => blocked.listen(0, '127.0.0.1', resolve));
    const client = connectElasticsearch(`http://127.0.0.1:${(blocked.address() as AddressInfo).port}`);
    const failed = await indexOrders(client, { index: 'orders', require_alias: true })([{ order: order(), version: 1 }]).catch(
      (error) => error,
    );
    expect(failed).to.be.instanceOf(Unavailable);
    expect([isTransient(failed), isTimeout(failed)]).to.deep.equal([true, false]);
    await client.close();
    blocked.closeAllConnections();
    blocked.close();
  });

  it('fails with an outage, not with a timeout, while the server takes too long', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const slow = connectElasticsearch(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const failed = await indexOrders(slow, { index: 'orders', require_alias: true })([{ order: order(), version: 1 }]).catch(
      (error) => error,
    );
    expect(failed).to.be.instanceOf(Unavailable);
    expect([isTransient(failed), isTimeout(failed)]).to.deep.equal([true, false]);
    await slow.close();
    silent.closeAllConnections();
    silent.close();
  });
});
