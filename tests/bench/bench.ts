// npm run bench [-- --against <commit>] [--rounds 3] [--life] [--logins | --baskets] [--quick] [--running]: how fast the platform is, alone or
// beside another commit, as tables and as JSON (docs/benchmarks.md).
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Checkout, checkOut, removeCheckout, resolveCommit, thisCheckout } from './checkout.js';
import { measureHop } from './hop.js';
import { type Measurement, measure } from './measure.js';
import { duration, planOf, sitting } from './plan.js';
import { ratioTable, settingsLines } from './report.js';
import { inTime, isOpen, type Place, removeData, urlOf, withStack } from './stack.js';
import type { Percentiles } from './stats.js';

type Measured = Measurement & {
  name: Checkout['name'];
  commit: string;
  startSeconds: number;
  hop?: Percentiles;
  warmStartSeconds?: number;
};

const say = (line: string): void => console.log(line);
const sayAll = (lines: string[]): void => say(lines.join('\n'));

const options = {
  against: { type: 'string' },
  rounds: { type: 'string' },
  life: { type: 'boolean' },
  logins: { type: 'boolean' },
  baskets: { type: 'boolean' },
  quick: { type: 'boolean' },
  running: { type: 'boolean' },
} as const;

const parsed = () => {
  try {
    const { values } = parseArgs({ options });
    const rounds = Number(values.rounds ?? (values.against ? 3 : 1));
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20) throw new Error('--rounds is a whole number from 1 to 20');
    if (values.running && (values.against || values.life)) throw new Error('--running goes with neither --against nor --life');
    if ((values.logins || values.baskets) && (values.against || values.life))
      throw new Error('--logins and --baskets go with neither --against nor --life');
    if (values.logins && values.baskets) throw new Error('--logins does not go with --baskets');
    return { ...values, rounds };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
};

const asked = parsed();
const plan = planOf(asked);
const machine = { node: process.version, cores: cpus().length, model: cpus()[0]?.model ?? '', memoryMb: Math.round(totalmem() / 2 ** 20) };
const ownOffset = Number(process.env.BENCH_PORT_OFFSET ?? 12_000);

/** Measures each side once a round, on a new stack. Only one runs at a time: two would share the cores. */
const sit = async (): Promise<Measured[]> => {
  const here = await thisCheckout();
  const against = asked.against && (await resolveCommit(asked.against));
  const { usual, atMost } = duration(plan, against ? 2 : 1);
  say(`${here.commit}${against ? ` against ${against}` : ''}: about ${minutes(usual)} minutes, at most ${minutes(atMost)}`);
  sayAll(settingsLines(plan, machine));

  const folder = await mkdtemp(join(tmpdir(), 'orderstream-bench-'));
  const otherRoot = join(folder, 'other');
  try {
    if (against) say(`installing ${against} in ${otherRoot}`);
    const sides = against ? [here, await checkOut(against, otherRoot)] : [here];
    for (const side of sides) await build(side);
    const measured: Measured[] = [];
    for (const { round, side } of sitting(sides, plan.rounds)) {
      say(`\nround ${round}, ${side.name} (${side.commit})`);
      measured.push(await measureFresh(side, join(folder, 'state')));
    }
    if (against) {
      say(`\nthis (${here.commit}) / other (${against}), min–median–max over the rounds: ${plan.rounds}; below 1, this one's is the lower`);
      sayAll([...settingsLines(plan, machine), ...ratioTable(roundsOf(measured), plan)]);
    }
    return measured;
  } finally {
    if (against) await removeCheckout(otherRoot);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

const minutes = (seconds: number): number => Math.ceil(seconds / 60);

const roundsOf = (measured: Measured[]) => {
  const others = measured.filter(({ name }) => name === 'other');
  return measured.filter(({ name }) => name === 'this').map((here, index) => ({ here, other: others[index]! }));
};

const measureFresh = async (side: Checkout, state: string): Promise<Measured> => {
  const settings = { HOLD_WINDOW_SECONDS: String(plan.windowSeconds), PSP_LATENCY_MS: '0', PSP_DECLINE_RATE: '0' };
  const offset = side.name === 'this' ? ownOffset : ownOffset + 1_000;
  const place: Place = { root: side.root, offset, state, settings };
  const { name, commit } = side;
  try {
    const measured = await withStack(place, async (startSeconds) => {
      say(`  started in ${startSeconds.toFixed(1)} s`);
      return { name, commit, startSeconds, ...(await measureRunning(offset)) };
    });
    if (asked.against) return measured;
    const warmStartSeconds = await withStack(place, async (seconds) => seconds);
    say(`  started again, with the data, in ${warmStartSeconds.toFixed(1)} s`);
    return { ...measured, warmStartSeconds };
  } finally {
    await removeData(place);
  }
};

/** The hop is measured through this checkout's tables, so it cannot measure another commit. */
const measureRunning = async (offset: number): Promise<Measurement & { hop?: Percentiles }> => {
  const measured = await measure(offset, plan, say);
  say(`  memory ${measured.memoryMb} MB after the start, ${measured.memoryAfterLoadMb} MB after the load`);
  if (asked.against) return measured;
  const hop = await measureHop(offset, asked.quick ? 50 : 300);
  say(`  outbox commit → handler, ms: p50 ${hop.p50}, p90 ${hop.p90}, p99 ${hop.p99} (${hop.count} events, one at a time)`);
  return { ...measured, hop };
};

const measureWhatRuns = async (): Promise<Measurement[]> => {
  const offset = Number(process.env.PORT_OFFSET ?? 0);
  const { gateway, psp } = urlOf(offset);
  if (!(await isOpen(offset))) throw new Error(`no platform answers at ${gateway}`);
  await fetch(`${psp}/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"latencyMs":0}',
    signal: inTime(),
  });
  return [await measureRunning(offset)];
};

try {
  const loadBefore = loadavg();
  const measured = await (asked.running ? measureWhatRuns() : sit());
  const results = { at: new Date().toISOString(), machine, plan, loadBefore, loadAfter: loadavg(), measured };
  await mkdir('.orderstream', { recursive: true });
  await writeFile('.orderstream/bench.json', `${JSON.stringify(results, null, 2)}\n`);
  const load = [loadBefore, results.loadAfter].map((averages) => averages.map((one) => one.toFixed(1)).join(' '));
  say(`\nload of the machine: ${load[0]} before, ${load[1]} after; all of it in .orderstream/bench.json`);
} catch (error) {
  const isInterruption = error instanceof Error && error.name === 'AbortError';
  console.error(isInterruption ? 'stopped, and removed what was started' : error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();
