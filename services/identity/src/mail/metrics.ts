import { Counter } from 'prom-client';

export const mailsTotal = new Counter({
  name: 'mails_total',
  help: 'Mails by template and outcome: sent, given-up (the server refuses it for good, or for about a day)',
  labelNames: ['template', 'outcome'] as const,
});
