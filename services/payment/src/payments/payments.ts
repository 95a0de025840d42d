import { aggregate } from '@orderstream/aggregates';
import { currentChangeLog, currentLog } from '@orderstream/service-host';
import { Counter } from 'prom-client';
import { decide, evolve, initialState } from './payment.js';
import { paymentJobs, toPaymentJob } from './payment-jobs.js';
import { toMessage } from './payment-messages.js';
import { paymentStore } from './payment-store.js';

const ignoredTotal = new Counter({
  name: 'payment_commands_ignored_total',
  help: 'Commands that changed nothing: they came twice, or too late',
  labelNames: ['command', 'status'] as const,
});

export const payments = aggregate({
  idOf: ({ data }) => data.paymentId,
  decide,
  evolve,
  initialState,
  store: paymentStore,
  toMessage,
  jobs: { queue: paymentJobs, toJob: toPaymentJob },
  onNoChange: ({ type, data }, { status }) => {
    ignoredTotal.inc({ command: type, status });
    currentLog().info({ paymentId: data.paymentId, command: type, status }, 'the payment stays as it is');
  },
  onChange: ({ id: paymentId, event: { type }, before, state }) => {
    const orderId = state.status === 'NotInitiated' ? undefined : state.orderId;
    currentChangeLog().info({ paymentId, orderId, event: type, from: before.status, to: state.status }, 'payment changed');
  },
});
