import { type Address, Conflict, Forbidden, NotFound, type SaveAddressRequest, type SavedAddress } from '@orderstream/contracts';
import { lockNames, type Queryable, type Transaction } from '@orderstream/persistence';

const most = 20;

type Row = { id: string; address: Address; is_default: boolean };

const saved = ({ id, address, is_default: isDefault }: Row): SavedAddress => ({ id, address, isDefault });

/** The default first, then the oldest. */
export const listAddresses = async (db: Queryable, customerId: string): Promise<SavedAddress[]> => {
  const { rows } = await db.query<Row>(
    'select id, address, is_default from addresses where customer_id = $1 order by is_default desc, id',
    [customerId],
  );
  return rows.map(saved);
};

/** The addresses of a customer, whom no other transaction changes or erases until this one ends. */
const lockAddresses = async (tx: Transaction, customerId: string): Promise<SavedAddress[]> => {
  const locking = lockCustomer(tx, customerId);
  const listing = listAddresses(tx, customerId);
  const erased = tx.query('select from erased_customers where customer_id = $1', [customerId]);
  const [, addresses, { rowCount }] = await Promise.all([locking, listing, erased]);
  if (rowCount === 1) throw customerErased();
  return addresses;
};

const lockCustomer = (tx: Transaction, customerId: string): Promise<void> => lockNames(tx, [`customer\n${customerId}`]);

export const customerErased = (): Forbidden => new Forbidden('customer-erased', 'The account was deleted');
export const addressMissing = (id: string): NotFound => new NotFound('address-not-found', `There is no address ${id}`);
export const tooManyAddresses = (): Conflict => new Conflict('too-many-addresses', `At most ${most} addresses are kept`);

/** The first address is the default, whatever the request says. */
export const addAddress = async (
  tx: Transaction,
  customerId: string,
  id: string,
  { address, isDefault = false }: SaveAddressRequest,
): Promise<SavedAddress> => {
  const known = await lockAddresses(tx, customerId);
  if (known.length >= most) throw tooManyAddresses();
  const added = { id, address, isDefault: isDefault || known.length === 0 };
  if (added.isDefault) await unsetDefault(tx, customerId);
  await tx.query('insert into addresses (id, customer_id, address, is_default) values ($1, $2, $3, $4)', [
    id,
    customerId,
    JSON.stringify(address),
    added.isDefault,
  ]);
  return added;
};

/** A default stays the default: another one is chosen by making it the default. */
export const changeAddress = async (
  tx: Transaction,
  customerId: string,
  id: string,
  { address, isDefault = false }: SaveAddressRequest,
): Promise<SavedAddress> => {
  const before = (await lockAddresses(tx, customerId)).find((one) => one.id === id);
  if (!before) throw addressMissing(id);
  const changed = { id, address, isDefault: isDefault || before.isDefault };
  if (changed.isDefault && !before.isDefault) await unsetDefault(tx, customerId);
  await tx.query('update addresses set address = $2, is_default = $3 where id = $1', [id, JSON.stringify(address), changed.isDefault]);
  return changed;
};

/** After the default, the oldest one becomes the default. */
export const deleteAddress = async (tx: Transaction, customerId: string, id: string): Promise<void> => {
  const known = await lockAddresses(tx, customerId);
  const gone = known.find((one) => one.id === id);
  if (!gone) throw addressMissing(id);
  await tx.query('delete from addresses where id = $1', [id]);
  const [next] = known.filter((one) => one !== gone);
  if (gone.isDefault && next) await tx.query('update addresses set is_default = true where id = $1', [next.id]);
};

const unsetDefault = async (tx: Transaction, customerId: string): Promise<void> => {
  await tx.query('update addresses set is_default = false where customer_id = $1 and is_default', [customerId]);
};

/** Erases what is kept of customers who deleted their accounts; no more addresses of them are added. */
export const eraseCustomers = async (tx: Transaction, customerIds: readonly string[]): Promise<void> => {
  await lockNames(
    tx,
    customerIds.map((id) => `customer\n${id}`),
  );
  tx.write('insert into erased_customers (customer_id) select unnest($1::uuid[]) on conflict do nothing', [customerIds]);
  for (const table of ['addresses', 'baskets']) tx.write(`delete from ${table} where customer_id = any($1::uuid[])`, [customerIds]);
  tx.write('delete from idempotency_keys where caller = any($1::text[])', [customerIds]); // replies have the addresses
};
