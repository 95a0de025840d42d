import type { SavedAddress } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type BasketService, basketService, kettle } from '../../test/basket-service.js';
import { eraseCustomers } from './addresses.js';

const address = (street: string) => ({ fullName: 'Alice Archer', street, city: 'Berlin', postalCode: '10115', country: 'DE' });

describe('saved addresses', function () {
  this.timeout(30_000);
  let shop: BasketService;
  before(async () => {
    shop = await basketService();
  });
  after(() => shop.drop());

  const call = async <Body = SavedAddress & { code?: string }>(who: string, method: string, path = '', body?: object, key?: string) => {
    const sent = { ...(body && { body }), ...(key !== undefined && { key }) };
    const answer = await shop.call(who, method, `/addresses${path}`, sent);
    return { status: answer.status, body: answer.body as unknown as Body };
  };
  const save = (who: string, street: string, isDefault?: boolean) =>
    call(who, 'POST', '', { address: address(street), ...(isDefault !== undefined && { isDefault }) });
  const list = async (who: string): Promise<[string, boolean][]> => {
    const { body } = await call<SavedAddress[]>(who, 'GET');
    return body.map((one) => [one.address.street, one.isDefault]);
  };

  it('are listed with the default first, which is the first one until another is made it', async () => {
    const shopper = uuidv7();
    await save(shopper, 'First Street 1', false);
    const { body: second } = await save(shopper, 'Second Street 2');
    expect(await list(shopper)).to.deep.equal([
      ['First Street 1', true],
      ['Second Street 2', false],
    ]);
    const changed = await call(shopper, 'PUT', `/${second.id}`, { address: address('Third Street 3'), isDefault: true });
    expect([changed.status, changed.body]).to.deep.equal([200, { id: second.id, address: address('Third Street 3'), isDefault: true }]);
    expect(await list(shopper)).to.deep.equal([
      ['Third Street 3', true],
      ['First Street 1', false],
    ]);
    expect((await call(shopper, 'DELETE', `/${second.id}`)).status).to.equal(204);
    expect(await list(shopper)).to.deep.equal([['First Street 1', true]]);
  });

  it('are the shopper’s own', async () => {
    const { body } = await save(uuidv7(), 'Secret Street 1');
    const stranger = uuidv7();
    expect(await list(stranger)).to.deep.equal([]);
    for (const [method, sent] of [['PUT', { address: address('Stolen Street 1') }], ['DELETE']] as const) {
      expect((await call(stranger, method, `/${body.id}`, sent)).body.code).to.equal('address-not-found');
    }
  });

  it('are saved once for each idempotency key, and at most 20, however many are sent at once', async () => {
    const shopper = uuidv7();
    const sent = { address: address('First Street 1') };
    const once = await call(shopper, 'POST', '', sent, 'key');
    expect((await call(shopper, 'POST', '', sent, 'key')).body).to.deep.equal(once.body);
    const answers = await Promise.all(Array.from({ length: 25 }, (_, index) => save(shopper, `Street ${index}`, true)));
    expect(answers.filter(({ status }) => status === 201)).to.have.length(19);
    expect(new Set(answers.flatMap(({ body }) => body.code ?? []))).to.deep.equal(new Set(['too-many-addresses']));
    const all = await list(shopper);
    expect([all.length, all.filter(([, isDefault]) => isDefault).length]).to.deep.equal([20, 1]);
  });

  it('and baskets are erased with the account, and none is saved any more', async () => {
    const [shopper, other] = [uuidv7(), uuidv7()];
    for (const who of [shopper, other]) {
      await call(who, 'POST', '', { address: address('First Street 1') }, 'key');
      await shop.put(who, kettle, 1);
    }
    await inTransaction(shop.db, (tx) => eraseCustomers(tx, [shopper]));
    expect([await list(shopper), (await list(other)).length]).to.deep.equal([[], 1]);
    expect((await shop.call(shopper, 'GET', '')).body.lines).to.deep.equal([]);
    expect((await save(shopper, 'Second Street 2')).body.code).to.equal('customer-erased');
    const { rows } = await shop.db.query('select caller from idempotency_keys where caller in ($1, $2)', [shopper, other]);
    expect(rows.map(({ caller }) => caller)).to.deep.equal([other]);
  });
});
