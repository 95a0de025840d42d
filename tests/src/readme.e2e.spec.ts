import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OrderView, Page } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { api, expectStatus } from './http.js';
import { command } from './orders.js';
import { admin, alice } from './people.js';
import { platform } from './platform.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');
const walk = readme.slice(readme.indexOf('## An order, step by step'), readme.indexOf('## Other commands'));
const blocks = [...walk.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!.replaceAll('http://127.0.0.1:8080', platform.gateway));

/** A terminal that runs one block of commands after the other, and stops at the first failing command. */
const openTerminal = () => {
  const bash: ChildProcessWithoutNullStreams = spawn('bash', ['-euo', 'pipefail'], { cwd: root, detached: true });
  let shown = '';
  let code: number | null | undefined;
  for (const stream of [bash.stdout, bash.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      shown += text;
    });
  }
  bash.on('close', (exitCode) => {
    code = exitCode;
  });
  bash.stdin.on('error', () => undefined); // it has ended: its output shows why

  const untilShown = (pattern: RegExp, from = 0): Promise<number> =>
    eventually(
      () => {
        const found = shown.slice(from).search(pattern);
        if (found < 0)
          throw new Error(`the output does not contain ${pattern}${code === undefined ? '' : `, bash ended with ${code}`}:\n${shown}`);
        return from + found;
      },
      { timeoutMs: 30_000 },
    );

  return {
    /** Waits until the output matches, whichever command wrote it. */
    untilShown: (pattern: RegExp) => untilShown(pattern),
    /** The output of these commands. */
    type: async (commands: string): Promise<string> => {
      const from = shown.length;
      bash.stdin.write(`${commands}\necho '# done'\n`);
      const end = await untilShown(/^# done$/m, from);
      return shown.slice(from, end);
    },
    close: async (): Promise<number | null> => {
      bash.stdin.end();
      return eventually(() => {
        if (code === undefined) throw new Error(`a started process still runs:\n${shown}`);
        return code;
      });
    },
    /** Ends bash and its background processes. */
    kill: (): void => {
      if (code === undefined) process.kill(-bash.pid!, 'SIGKILL');
    },
  };
};

type Sale = { orders: number };
const salesSoFar = async (): Promise<number> => {
  const answer = await api<{ data: Sale[] }>('/reports/sales', { token: await (await admin()).token() });
  return expectStatus(answer, 200).data.reduce((sum, { orders }) => sum + orders, 0);
};

/** Holds the newest order, as the README suggests: the hold window of the tests is shorter than a reader's. */
const holdOrder = async (): Promise<void> => {
  const asker = await alice();
  const { data } = expectStatus(await api<Page<OrderView>>('/orders?limit=1', { token: await asker.token() }), 200);
  expectStatus(await command(asker, data[0]!.id, 'hold', { seconds: 300 }), 202);
};

describe('the walk of the README', function () {
  this.timeout(180_000);

  let terminal: ReturnType<typeof openTerminal> | undefined;
  before(function () {
    if (spawnSync('curl', ['--version']).error) {
      console.error('      curl is not installed: the walk of the README needs it and is skipped');
      this.skip();
    }
  });
  after(() => terminal?.kill());

  it('leads from the products to the sale as described', async () => {
    const [logIn, listProducts, connectClient, order, confirm, report, ...others] = blocks as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    expect(others, 'steps of which this test knows nothing').to.deep.equal([]);
    const soldBefore = await salesSoFar();
    terminal = openTerminal();

    await terminal.type(logIn);
    expect(await terminal.type(listProducts)).to.match(/(available: [1-9].*){2}/s);
    await terminal.type(connectClient);
    await terminal.untilShown(/^realtime ready$/m);

    const [placed] = await Promise.all([terminal.type(order), terminal.untilShown(/^\S+ Paid$/m).then(holdOrder)]);
    expect(placed).to.match(/orderNumber: '.+',\n\s+status: '(Placed|PendingPayment|Paid)'/);
    const confirmed = await terminal.type(confirm);
    expect(confirmed).to.match(/^Confirmed$/m);
    for (const type of ['OrderPlaced', 'OrderPending', 'OrderPaid', 'OrderConfirmed']) expect(confirmed).to.contain(`'${type}'`);
    expect(confirmed).to.match(/status: '(Approved|Settling|Settled|Completed)'/);
    await terminal.untilShown(/^\S+ Confirmed$/m);
    await terminal.untilShown(/^payment Completed$/m);

    await eventually(async () => expect(await salesSoFar()).to.be.at.least(soldBefore + 2));
    expect(await terminal.type(report)).to.match(/orders: [1-9]/);
    expect(await terminal.close()).to.equal(0);
  });
});
