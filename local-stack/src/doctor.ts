import { connectUrl } from './connect.js';
import { missingServers, type ServerName, serverHome } from './fetch.js';
import { takenPorts } from './port-owners.js';
import { answers } from './probes.js';
import { isAlive } from './processes.js';
import { readRecords, runningSupervisor } from './records.js';
import type { Stack } from './stack.js';
import { versions } from './versions.js';

type Finding = { ok: boolean; text: string };

/** Prints what is found, missing and healthy. @returns whether everything is present and works */
export const doctor = async (stack: Stack): Promise<boolean> => {
  const running = await runningSupervisor(stack);
  const findings = [...(await fetched(stack)), ...(running ? await health(stack, running.pid) : await idle(stack))];
  for (const { ok, text } of findings) console.log(`${ok ? 'ok     ' : 'PROBLEM'}  ${text}`);
  return findings.every(({ ok }) => ok);
};

const fetched = async (stack: Stack): Promise<Finding[]> => {
  const missing = await missingServers(stack);
  return (Object.keys(versions) as ServerName[]).map((name) =>
    missing.includes(name)
      ? { ok: true, text: `${name} ${versions[name]}: not fetched yet, npm start does that` }
      : { ok: true, text: `${name} ${versions[name]}: ${serverHome(stack, name)}` },
  );
};

const idle = async (stack: Stack): Promise<Finding[]> => {
  const { programs } = readRecords(stack);
  const leftovers: Finding[] = [];
  for (const [name, mark] of Object.entries(programs))
    if (await isAlive(mark))
      leftovers.push({ ok: false, text: `${name} was left behind (pid ${mark.pid}): npm start or npm run reset ends it` });
  const taken = leftovers.length > 0 ? [] : await takenPorts(stack.ports);
  return [
    { ok: true, text: `the stack does not run (state: ${stack.state})` },
    ...leftovers,
    ...taken.map((text) => ({ ok: false, text })),
  ];
};

type ProcessView = { name: string; state: string; pid: number | null; restarts: number; address: string; log: string };
type ConnectorStatus = { status: { connector: { state: string }; tasks: { state: string }[] } };

const health = async (stack: Stack, pid: number): Promise<Finding[]> => {
  const status = `http://127.0.0.1:${stack.ports.status}`;
  const processes = await getJson<ProcessView[]>(`${status}/processes`);
  if (!processes) return [{ ok: false, text: `the supervisor (pid ${pid}) does not answer at ${status}` }];
  const connectors = await getJson<Record<string, ConnectorStatus>>(`${connectUrl(stack)}/connectors?expand=status`);
  return [
    { ok: await answers(`${status}/ready`), text: `the stack runs as pid ${pid} (state: ${stack.state})` },
    ...processes.map(({ name, state, pid, restarts, address, log }) => ({
      ok: state === 'ready',
      text: `${name}: ${state}, pid ${pid ?? '-'}, ${restarts} restarts, ${address}${state === 'ready' ? '' : `, ${log}`}`,
    })),
    ...Object.entries(connectors ?? {}).map(
      ([
        name,
        {
          status: { connector, tasks },
        },
      ]) => ({
        ok: [connector, ...tasks].every(({ state }) => state === 'RUNNING') && tasks.length > 0,
        text: `connector ${name}: ${connector.state}, tasks ${tasks.map(({ state }) => state).join(', ') || 'none'}`,
      }),
    ),
  ];
};

const getJson = async <T>(url: string): Promise<T | undefined> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
};
