import { jobRunner, type Perform } from '@orderstream/aggregates';
import { connectDatabase } from '@orderstream/persistence';
import { testHost } from '@orderstream/testing';
import { paymentJobs, performPaymentJobs } from '../src/payments/payment-jobs.js';
import { payments } from '../src/payments/payments.js';
import { pspClient } from '../src/psp/psp-client.js';

/**
 * A runner of payment's jobs in a process of its own. It kills itself before its first call, or between the answer and
 * the commit; or it holds its lease and does nothing until the test kills, freezes or wakes it.
 */
const { DATABASE_URL = '', PSP_URL = '', CRASH = '' } = process.env;
const db = connectDatabase(DATABASE_URL);
const psp = pspClient({ url: PSP_URL, timeoutMs: 2_000, concurrency: 8 });

const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const crashing =
  <Command>(perform: Perform<Command>): Perform<Command> =>
  async (job, signal) => {
    if (CRASH === 'before the call') die();
    if (CRASH === 'while it holds a lease') {
      const woken = new Promise((resolve) => process.once('SIGUSR2', resolve)); // before the test knows: it may wake at once
      process.stdout.write('holding\n');
      await woken;
    }
    const commands = await perform(job, signal);
    if (CRASH === 'after the call') die();
    return commands;
  };

const performers = performPaymentJobs({ psp, retryMs: 100, patienceMs: 60_000 });
const perform = Object.fromEntries(Object.entries(performers).map(([kind, call]) => [kind, crashing(call)]));
await jobRunner({ db, queue: paymentJobs, perform, handler: payments, leaseMs: 500 }).start(testHost());
process.stdout.write('started\n');
