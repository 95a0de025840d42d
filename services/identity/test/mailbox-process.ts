import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../mailbox/src/main.ts', import.meta.url));

export type ReceivedMail = { id: string; messageId: string; from: string; to: string[]; subject: string; repeats: number };
type ShownMail = ReceivedMail & { text: string; html: string; links: string[]; headers: { name: string; value: string }[] };

/** For specs: the mail server of the local stack, in a process of its own. */
export const startMailbox = async () => {
  let child: ChildProcess;
  let [port, smtpPort] = [0, 0];

  const start = async (): Promise<void> => {
    child = spawn(process.execPath, ['--import', 'tsx', main], {
      env: { ...process.env, PORT: String(port), SMTP_PORT: String(smtpPort) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout! });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        const { msg, address } = JSON.parse(line);
        if (msg === 'listening for SMTP') smtpPort = address.port;
        if (msg !== 'listening') return;
        port = address.port;
        resolve();
      });
      child.once('exit', () => reject(new Error('mailbox did not start')));
    });
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });

  await start();
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    kill,
    /** on the same ports */
    startAgain: start,
    /** the mails to an address, oldest first */
    mailsTo: async (to: string): Promise<ShownMail[]> => {
      const { data } = (await (await ask(`/mails?limit=100&to=${encodeURIComponent(to)}`)).json()) as { data: ReceivedMail[] };
      return Promise.all(data.reverse().map(async ({ id }) => (await ask(`/mails/${id}`)).json() as Promise<ShownMail>));
    },
    toggleErrors: () => ask('/toggle-errors', 'POST'),
    clear: () => ask('/mails', 'DELETE'),
  };
};

export type MailboxProcess = Awaited<ReturnType<typeof startMailbox>>;
