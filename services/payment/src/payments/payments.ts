import { aggregate } from '@orderstream/aggregates';
import { currentChangeLog, currentLog } from '@orderstream/service-host';
import { commandsIgnored } from '../metrics.js';
import { decide, evolve, initialState } from './payment.js';
import { paymentJobs, toPaymentJob } from './payment-jobs.js';
import { toMessage } from './payment-messages.js';
import { paymentStore } from './payment-store.js';

export const payments = aggregate({
  idOf: ({ data }) => data.paymentId,
  decide,
  evolve,
  initialState,
  store: paymentStore,
  toMessage,
  jobs: { queue: paymentJobs, toJob: toPaymentJob },
  onNoChange: ({ type, data }, { status }) => {
    commandsIgnored.inc({ command: type, status });
    currentLog().info({ paymentId: data.paymentId, command: type, status }, 'the payment stays as it is');
  },
  onChange: ({ id: paymentId, event: { type }, before, state }) => {
    const orderId = state.status === 'NotInitiated' ? undefined : state.orderId;
    currentChangeLog().info({ paymentId, orderId, event: type, from: before.status, to: state.status }, 'payment changed');
  },
});
