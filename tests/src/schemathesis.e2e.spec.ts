import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OrderView } from '@orderstream/contracts';
import { expect } from 'chai';
import { addProduct } from './catalogue.js';
import { asSuperuser } from './databases.js';
import { placeOrder, untilStatus } from './orders.js';
import { inParallel } from './parallel.js';
import { newShopper, type Person } from './people.js';
import { platform } from './platform.js';
import { genuineToken } from './tokens.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

type Caller = 'admin' | 'shopper' | 'nobody';
type Run = { document: string; base: string; as: Caller; options?: string[] };

const { gateway, service, provider, mailbox } = platform;

/** The slowest come first, because two run at a time. */
const runs: Record<string, Run> = {
  'products, for an admin': { document: `${service('products')}/products/openapi.json`, base: service('products'), as: 'admin' },
  'reports, for an admin': { document: `${service('reports')}/reports/openapi.json`, base: service('reports'), as: 'admin' },
  'identity, for an admin': { document: `${service('identity')}/identity/openapi.json`, base: service('identity'), as: 'admin' },
  'identity, for a shopper': { document: `${service('identity')}/identity/openapi.json`, base: service('identity'), as: 'shopper' },
  'basket, for a shopper': { document: `${service('basket')}/basket/openapi.json`, base: service('basket'), as: 'shopper' },
  'ordering, for an admin': { document: `${service('ordering')}/orders/openapi.json`, base: service('ordering'), as: 'admin' },
  'ordering, for a shopper': { document: `${service('ordering')}/orders/openapi.json`, base: service('ordering'), as: 'shopper' },
  'payment, for an admin': { document: `${service('payment')}/payments/openapi.json`, base: service('payment'), as: 'admin' },
  'payment, for a shopper': { document: `${service('payment')}/payments/openapi.json`, base: service('payment'), as: 'shopper' },
  'the gateway, for an admin': {
    document: `${gateway}/api/openapi.json`,
    base: gateway,
    as: 'admin',
    options: ['--phases=fuzzing,stateful', '--max-examples=3'], // the services' own runs cover the rest
  },
  'mailbox, for anyone': { document: `${mailbox}/mailbox/openapi.json`, base: mailbox, as: 'nobody' },
  'psp, for anyone': {
    document: `${provider}/psp/openapi.json`,
    base: provider,
    as: 'nobody',
    options: ['--include-method=GET'], // the audit would find a payment that only the provider knows
  },
  'notifications, for an admin': {
    document: `${service('notifications')}/notifications/openapi.json`,
    base: service('notifications'),
    as: 'admin',
  },
};

/** What a run must not do, because the run itself or a later suite would suffer from it. */
const excluded = {
  deleteIdentityMe: 'every token of the run would be refused',
  deleteIdentityMeSessions: 'every token of the run would be refused',
  postIdentityUsersIdDeactivate: 'the list of users has the demo users',
  postIdentityClientsIdRotate: 'the list of clients has those of others',
  deleteIdentityClientsId: 'the list of clients has those of others',
  postReportsRebuild: 'each rebuild reads all orders',
  postToggleErrors: 'no mail would be accepted',
  deleteProductsId: 'the list of products has the demo products',
  deleteCategoriesId: 'the list of categories has the demo categories',
  deleteMails: 'somebody may want to read them',
};

/** A payment without an order that does not reach the provider waits for ever, and the audit would find it. */
const hooks = `
import schemathesis

@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict) and case.body.get("paymentMethod") == "tok_unreachable":
        case.body["paymentMethod"] = "tok_declined"
`;

describe('the documents and the services, by Schemathesis', function () {
  this.timeout(180_000);

  let folder: string;
  let results: Map<string, Promise<string>>;

  before(async function () {
    this.timeout(300_000); // the first time, Schemathesis is fetched
    const { stdout } = await promisify(execFile)(process.execPath, ['local-stack/start.js', 'schemathesis'], { cwd: root });
    const packages = stdout.trim().split('\n').at(-1)!;
    folder = await mkdtemp(join(tmpdir(), 'schemathesis-'));
    const [adminsOwn, shopper, product] = await Promise.all([newShopper(), newShopper(), addProduct({ quantity: 100 })]);
    const order = await paidOrder(shopper, product.id);
    await Promise.all([
      // other suites need the stock of the demo products
      writeFile(configOf('admin'), withId(product.id, '^/products/\\{id\\}/stock$')),
      writeFile(configOf('shopper'), withId(order.id, '^/orders/\\{id\\}')),
      writeFile(configOf('nobody'), ''),
      writeFile(join(folder, 'hooks.py'), hooks),
    ]);

    const tokens: Record<Caller, string | undefined> = {
      admin: await genuineToken(adminsOwn.id, { roles: ['shopper', 'admin'] }),
      shopper: await shopper.token(),
      nobody: undefined,
    };
    const finish = new Map<string, (output: string) => void>();
    results = new Map(Object.keys(runs).map((name) => [name, new Promise((resolve) => finish.set(name, resolve))]));
    void inParallel(Object.entries(runs), 2, async ([name, { document, base, as, options = [] }]) => {
      const args = [
        ...['-m', 'schemathesis.cli', `--config-file=${configOf(as)}`, 'run', document, `--url=${base}`],
        ...(tokens[as] ? ['-H', `Authorization: Bearer ${tokens[as]}`] : []),
        // a password is weak, a product unknown, by rules that no schema can state
        ...['--checks=all', '--exclude-checks=positive_data_acceptance'],
        ...['--seed=1', '--max-examples=5', '--generation-database=none', '--no-shrink', '--no-color', '--warnings=off'],
        ...Object.keys(excluded).map((id) => `--exclude-operation-id=${id}`),
        ...options,
      ];
      finish.get(name)!(await failuresOf(args, packages));
    });
  });

  const configOf = (caller: Caller): string => join(folder, `${caller}.toml`);

  /** A configuration with the same existing id in all paths that match. */
  const withId = (id: string, paths: string): string => `[[operations]]\ninclude-path-regex = '${paths}'\nparameters = { id = "${id}" }\n`;

  /** @returns nothing when it found no failure */
  const failuresOf = (args: string[], packages: string): Promise<string> =>
    new Promise((resolve) => {
      const env = { ...process.env, PYTHONPATH: `${packages}${delimiter}${folder}`, SCHEMATHESIS_HOOKS: 'hooks' };
      execFile('python3', args, { cwd: folder, env, timeout: 150_000, maxBuffer: 2 ** 27 }, (error, stdout, stderr) => {
        const hasTested = /\d generated, \d+ passed/.test(stdout);
        resolve(!error && hasTested ? '' : `${error?.killed ? 'too slow: ' : ''}${stdout.slice(-20_000)}${stderr.slice(-2_000)}`);
      });
    });

  const paidOrder = async (shopper: Person, productId: string): Promise<OrderView> => {
    const order = await placeOrder(shopper, [{ productId, quantity: 1 }]);
    return untilStatus(shopper, order, 'Paid');
  };

  after(async () => {
    // wrong current passwords count against the address, which is that of all tests
    await asSuperuser('identity', (client) => client.query('delete from login_failures'));
    await rm(folder, { recursive: true, force: true });
  });

  for (const name of Object.keys(runs))
    it(`agree about ${name}`, async () => {
      expect(await results.get(name)).to.equal('');
    });
});
