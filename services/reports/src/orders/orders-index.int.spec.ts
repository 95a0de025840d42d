import { expect } from 'chai';
import { order } from '../../test/example-order.js';
import { type TestSearch, testSearch } from '../../test/test-search.js';
import { orderMapping } from './order-document.js';

describe('the index of orders', function () {
  this.timeout(30_000);
  let search: TestSearch;

  beforeEach(() => {
    search = testSearch();
  });
  afterEach(() => search?.drop());

  const count = async () => {
    await search.refresh();
    return (await search.client.count({ index: search.index.alias })).count;
  };

  it('does not exist before the first switch of the alias', async () => {
    const made = await search.index.create();
    expect(await search.index.current()).to.deep.equal([]);
    await search.index.switchTo(made);
    expect(await search.index.current()).to.deep.equal([made]);
  });

  it('has the mapping of the documents, and no replicas', async () => {
    const { name } = await search.makeIndex();
    const { [name]: found } = await search.client.indices.get({ index: name });
    expect(Object.keys(found!.mappings!.properties!)).to.have.members(Object.keys(orderMapping.properties!));
    expect(found!.settings!.index!.number_of_replicas).to.equal('0');
  });

  it('replaces the previous index, which is removed afterwards', async () => {
    await search.makeIndex();
    await search.indexOrders([{ order: order(), version: 1 }]);
    const next = await search.makeIndex();
    expect(await search.index.current()).to.deep.equal([next]);
    expect(await count()).to.equal(0);
    await search.index.removeOthers();
    expect(Object.keys(await search.client.indices.get({ index: `${search.index.alias}-*` }))).to.deep.equal([next.name]);
  });

  it('replaces an index that was created under the name of the alias', async () => {
    await search.client.indices.create({ index: search.index.alias });
    const made = await search.makeIndex();
    expect(await search.index.current()).to.deep.equal([made]);
  });

  it('has another id when it is created anew under the same name', async () => {
    const { name, uuid } = await search.makeIndex();
    await search.client.indices.delete({ index: name });
    expect(await search.index.exists({ name, uuid })).to.equal(false);
    await search.client.indices.create({ index: name, aliases: { [search.index.alias]: {} } });
    expect((await search.index.current())[0])
      .to.include({ name })
      .and.to.not.include({ uuid });
    expect(await search.index.exists({ name, uuid })).to.equal(false);
  });
});
