// npm run bench [-- --running] [--quick]: how fast the platform is, as a table and as JSON. Without --running it starts
// a stack of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { connectDatabase } from '@orderstream/persistence';
import { measureHop } from './hop.js';
import { findHighestRate, type Journey, type Load, measureJourneys, placeOrders, reached } from './orders.js';
import { isOpen, memoryOf, type Stack, startStack, urlOf } from './stack.js';
import { watchOrders } from './watcher.js';

const running = process.argv.includes('--running');
const quick = process.argv.includes('--quick');
const ownOffset = Number(process.env.BENCH_PORT_OFFSET ?? 15_000);
const seconds = quick ? 5 : 20;
const rates = [5, 50, 200];
const warmUp = { perSecond: 40, seconds: quick ? 10 : 120 }; // compilers see what runs often

const say = (line: string): void => console.log(line);
const results: Record<string, unknown> = {
  at: new Date().toISOString(),
  machine: { cpus: cpus().length, model: cpus()[0]?.model, memoryMb: Math.round(totalmem() / 2 ** 20), node: process.version },
  loadBefore: loadavg(),
};

const prepare = async (offset: number): Promise<Load> => {
  const { gateway, psp } = urlOf(offset);
  await fetch(`${psp}/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ latencyMs: 0 }),
  });
  const admin = await login(gateway, 'admin@example.com');
  const productIds: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const product = { name: `Bench ${n}`, price: { amount: 1000 + n, currency: 'EUR' }, quantity: 1_000_000 };
    const answer = await fetch(`${gateway}/api/products`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
      body: JSON.stringify(product),
    });
    if (answer.status !== 201) throw new Error(`no product to order: ${answer.status} ${await answer.text()}`);
    productIds.push(((await answer.json()) as { id: string }).id);
  }
  const ordering = connectDatabase(urlOf(offset).database('ordering'), { poolMax: 1 });
  for (const deadline = Date.now() + 20_000; ; ) {
    const { rows } = await ordering.raw('select count(*)::int as known from catalogue where product_id = any(?::uuid[])', [productIds]);
    if (rows[0].known === productIds.length) break;
    if (Date.now() > deadline) throw new Error('ordering does not know the products after 20 s');
  }
  await ordering.destroy();
  return { offset, token: await login(gateway, 'alice@example.com'), productIds };
};

const login = async (gateway: string, username: string): Promise<string> => {
  const body = new URLSearchParams({ grant_type: 'password', client_id: 'cli', username, password: 'Pass123$', scope: 'openid' });
  const answer = await fetch(`${gateway}/api/identity/oidc/token`, { method: 'POST', body });
  return ((await answer.json()) as { access_token: string }).access_token;
};

const warm = async (load: Load): Promise<void> => {
  const ordering = connectDatabase(urlOf(load.offset).database('ordering'), { poolMax: 1 });
  const { placed } = await placeOrders(load, warmUp.perSecond, warmUp.seconds);
  const ids = placed.map(({ id }) => id);
  const missing = await reached(ordering, ids, 'Paid', 60_000);
  await ordering.destroy();
  say(`  warmed up with ${ids.length} orders${missing > 0 ? `, ${missing} of them not Paid after a minute` : ''}`);
};

const journeys = async (load: Load, status: 'Paid' | 'Shipped', perSecond: number[]): Promise<Journey[]> => {
  const ordering = connectDatabase(urlOf(load.offset).database('ordering'), { poolMax: 2 });
  const watcher = await watchOrders(load.offset, load.token);
  say(`\norder → ${status}, ms                 committed p50   p90   p99 │ frame p50   p90   p99 │ answer p50   p99`);
  const measured: Journey[] = [];
  for (const rate of perSecond) {
    const journey = await measureJourneys(load, watcher, ordering, status, rate, seconds);
    const { answer, committed, frame, refused, missing } = journey;
    const cell = (value: number, width = 6): string => String(Math.round(value)).padStart(width);
    say(
      `  ${String(rate).padStart(4)} orders/s, ${committed.count} orders`.padEnd(42) +
        `${cell(committed.p50)}${cell(committed.p90)}${cell(committed.p99)} │ ${cell(frame.p50, 9)}${cell(frame.p90)}${cell(frame.p99)} │ ${cell(answer.p50, 10)}${cell(answer.p99)}` +
        (refused + missing > 0 ? `   (${refused} refused, ${missing} missing)` : ''),
    );
    measured.push(journey);
  }
  watcher.close();
  await ordering.destroy();
  return measured;
};

let stack: (Stack & { state?: string }) | undefined;
try {
  const offset = running ? Number(process.env.PORT_OFFSET ?? 0) : ownOffset;
  if (running && !(await isOpen(offset))) throw new Error(`no platform answers at ${urlOf(offset).gateway}`);
  if (!running) {
    say('starting a stack to measure');
    stack = await startStack(offset, { HOLD_WINDOW_SECONDS: '600', PSP_LATENCY_MS: '0' });
    results.firstStartSeconds = stack.startSeconds;
    say(`  first start, ${stack.startSeconds?.toFixed(1)} s`);
  }
  const memory = await memoryOf(offset);
  const total = Object.values(memory).reduce((sum, mb) => sum + mb, 0);
  results.memoryMb = { ...memory, total };
  say(
    `  memory after the start, ${total} MB: ${Object.entries(memory)
      .map(([name, mb]) => `${name} ${mb}`)
      .join(', ')}`,
  );

  const load = await prepare(offset);
  await warm(load);
  const hop = await measureHop(offset, quick ? 50 : 300);
  results.hop = hop;
  say(`\noutbox commit → handler, ms: p50 ${hop.p50}, p90 ${hop.p90}, p99 ${hop.p99} (${hop.count} events, one at a time)`);

  results.paid = await journeys(load, 'Paid', rates);

  say('\nhighest rate with every order Paid 3 s after the load');
  const ordering = connectDatabase(urlOf(offset).database('ordering'), { poolMax: 2 });
  const steps = [50, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600];
  results.rates = await findHighestRate(load, ordering, steps, quick ? 5 : 15, (rate) =>
    say(
      `  ${rate.perSecond}/s: answered ${rate.answered}/s, backlog after the load ${rate.backlogAfterLoad}, ${rate.sustained ? 'sustained' : 'not sustained'}`,
    ),
  );
  await ordering.destroy();
  const after = await memoryOf(offset);
  const totalAfter = Object.values(after).reduce((sum, mb) => sum + mb, 0);
  results.memoryAfterLoadMb = { ...after, total: totalAfter };
  say(`  memory after the load, ${totalAfter} MB`);

  if (stack?.state) {
    await stack.stop();
    stack = await startStack(offset, { HOLD_WINDOW_SECONDS: '0', PSP_LATENCY_MS: '0' }, stack.state);
    results.warmStartSeconds = stack.startSeconds;
    say(`\nwarm start with the hold window at 0: ${stack.startSeconds?.toFixed(1)} s`);
    const again = await prepare(offset);
    await warm(again);
    results.shipped = await journeys(again, 'Shipped', [5, 50, 100]);
  }
} finally {
  await stack?.stop();
}
results.loadAfter = loadavg();
await mkdir('.orderstream', { recursive: true });
await writeFile('.orderstream/bench.json', `${JSON.stringify(results, null, 2)}\n`);
say(
  `\nload of the machine: ${(results.loadBefore as number[]).map((n) => n.toFixed(1)).join(' ')} before, ${loadavg()
    .map((n) => n.toFixed(1))
    .join(' ')} after; all of it in .orderstream/bench.json`,
);
