import { createServer, type Server } from 'node:http';
import type { Supervisor } from './supervisor.js';

type Options = { port: number; supervisor: Supervisor; isReady: () => boolean };

const signals = ['SIGKILL', 'SIGSTOP', 'SIGCONT', 'SIGTERM'] as const;
const isSignal = (name: string): name is (typeof signals)[number] => signals.some((signal) => signal === name);

/**
 * `GET /ready`, `GET /processes`, and for tests and drills `POST /processes/:name/kill?signal=SIGKILL` · `/stop` ·
 * `/start`.
 */
export const controlServer = ({ port, supervisor, isReady }: Options): Promise<Server> => {
  const answer = async (method: string, url: URL): Promise<[status: number, body: unknown]> => {
    if (method === 'GET' && url.pathname === '/ready') {
      const waitingFor = supervisor.all().flatMap((program) => (program.view().state === 'ready' ? [] : [program.name]));
      return isReady() ? [200, { status: 'ready' }] : [503, { status: 'starting', waitingFor }];
    }
    if (method === 'GET' && url.pathname === '/processes') return [200, supervisor.all().map((program) => program.view())];
    const [, name = '', action = ''] = /^\/processes\/([^/]+)\/(kill|stop|start)$/.exec(url.pathname) ?? [];
    if (method !== 'POST' || !action) return [404, { error: 'GET /ready, GET /processes, POST /processes/:name/(kill|stop|start)' }];
    const program = supervisor.find(name);
    if (!program) return [404, { error: `no process is called ${name}` }];
    if (action === 'start') program.start();
    if (action === 'stop') await program.stop();
    if (action === 'kill') {
      const signal = url.searchParams.get('signal') ?? 'SIGKILL';
      if (!isSignal(signal)) return [400, { error: `signal is one of ${signals.join(', ')}` }];
      if (!(await program.kill(signal))) return [409, { error: `${name} is not running` }];
    }
    return [200, program.view()];
  };

  const server = createServer((req, res) => {
    void answer(req.method ?? '', new URL(req.url ?? '/', 'http://127.0.0.1'))
      .catch((error: Error): [number, unknown] => [500, { error: error.message }])
      .then(([status, body]) => {
        res.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        res.end(JSON.stringify(body));
      });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
};
