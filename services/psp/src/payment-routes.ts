import { Conflict, Invalid, Money, NotFound, PaymentMethod, Unprocessable } from '@orderstream/contracts';
import { type Api, api, HttpRefusal, Reply, type RouteInput } from '@orderstream/http';
import { z } from 'zod';
import type { CallEntry } from './calls.js';
import type { Asked, Provider } from './provider.js';

type Request = RouteInput<unknown, unknown, unknown, 'anyone'>['req'];
type Response = RouteInput<unknown, unknown, unknown, 'anyone'>['res'];

const CreateRequest = z
  .strictObject({ paymentId: z.uuid(), amount: Money, paymentMethod: PaymentMethod.default('tok_random') })
  .meta({ id: 'PspPaymentRequest' });
const MoneyRequest = z.looseObject({ amount: Money.optional() }).optional();
const NotificationRequest = z.looseObject({ paymentId: z.uuid() });

const Authorised = z.object({ reference: z.string(), status: z.string() }).meta({ id: 'PspPayment' });
const Moved = z.object({ reference: z.string().optional(), status: z.string() }).meta({ id: 'PspMovement' });
const Declined = z.object({ reason: z.string() }).meta({ id: 'PspDecline' });
const Notified = z.object({ status: z.string() }).meta({ id: 'PspNotification' });

const movements = {
  settle: 'Capture the authorised money, once',
  refund: 'Give the authorised money back, whole; or captured money, in any number of parts',
  void: 'Release what is authorised; of a payment not seen yet, refuse its later create',
} as const;

const payment = 'Payment 0199a0f0-0000-7000-8000-000000000003';
const keyMissing = new Invalid('idempotency-key-missing', 'The header Idempotency-Key is required');
const providerError = new HttpRefusal(500, 'provider-error', 'The provider is set to fail');
const unknown = new NotFound('payment-unknown', `${payment} is not known here`);
const notAuthorised = new Conflict('payment-not-authorised', `${payment} is Captured`, { paymentStatus: 'Captured' });
const amountMismatch = new Conflict('amount-mismatch', `${payment} holds another amount`, { held: { amount: 1_990, currency: 'EUR' } });
const refundNotCovered = new Conflict('refund-not-covered', `${payment} has another amount left`, {
  left: { amount: 490, currency: 'EUR' },
});

const ofEveryCall = [
  keyMissing,
  new Unprocessable('idempotency-key-reused', '0199a0f0-0000-7000-8000-000000000003:settle was used for another request'),
  providerError,
];

const ofOperation = {
  create: [
    new Conflict('payment-exists', `${payment} is Authorised`, { paymentStatus: 'Authorised' }),
    new Conflict('payment-voided', `${payment} is Voided`, { paymentStatus: 'Voided' }),
  ],
  settle: [unknown, notAuthorised, amountMismatch],
  refund: [
    unknown,
    new Conflict('payment-not-authorised', `${payment} is Refunded`, { paymentStatus: 'Refunded' }),
    amountMismatch,
    refundNotCovered,
  ],
  void: [new Conflict('payment-captured', `${payment} is Captured`, { paymentStatus: 'Captured' }), amountMismatch],
};

type Deps = { provider: Provider; now: () => Date };

/** The API of a payment provider. Every call carries an `Idempotency-Key`; a repeat gets the first answer again. */
export const paymentRoutes = ({ provider, now }: Deps): Api => {
  const ask = async <Body>(asked: Asked, res: Response): Promise<Reply<Body>> => {
    const { operation, paymentId, key } = asked;
    const amount = 'amount' in asked ? asked.amount : undefined;
    const entry = provider.calls.begin({ at: now().toISOString(), operation, paymentId, key, ...(amount && { amount }) });
    noteStatus(entry, res);
    const told = await provider.ask(asked, entry);
    switch (told.kind) {
      case 'answer':
        return new Reply(told.answer.status, told.answer.body as Body, told.replayed ? { 'idempotent-replayed': 'true' } : {});
      case 'error':
        throw new HttpRefusal(500, 'provider-error', 'The provider is set to fail');
      case 'silence':
        res.socket?.destroy();
        return new Promise<never>(() => undefined);
    }
  };

  const routes = api('Payments', '/');
  routes.post(
    '/payments',
    {
      summary: 'Authorise a payment',
      who: 'anyone',
      idempotent: true,
      body: CreateRequest,
      answers: { 201: Authorised, 402: Declined },
      refusals: [...ofEveryCall, ...ofOperation.create],
    },
    ({ body, req, res }) => ask({ ...body, operation: 'create', key: keyOf(req), body }, res),
  );
  for (const operation of ['settle', 'refund', 'void'] as const) {
    routes.post(
      `/payments/:id/${operation}`,
      {
        summary: movements[operation],
        who: 'anyone',
        idempotent: true,
        body: MoneyRequest,
        answers: { 200: Moved },
        refusals: [...ofEveryCall, ...ofOperation[operation]],
        operationId: `${operation}Payment`,
      },
      ({ params, body, req, res }) => ask({ operation, paymentId: params.id, amount: body?.amount, key: keyOf(req), body }, res),
    );
  }
  routes.post(
    '/notifications',
    {
      summary: 'Notify a customer of a payment',
      who: 'anyone',
      idempotent: true,
      body: NotificationRequest,
      answers: { 202: Notified },
      refusals: ofEveryCall,
    },
    ({ body, req, res }) => ask({ operation: 'notify', paymentId: body.paymentId, key: keyOf(req), body }, res),
  );
  return routes;
};

const keyOf = (req: Request): string => {
  const key = req.get('idempotency-key');
  if (!key) throw new Invalid('idempotency-key-missing', 'The header Idempotency-Key is required');
  return key;
};

/** Records the status once the answer is sent. A caller that has disconnected by then got none. */
const noteStatus = (entry: CallEntry, res: Response): void => {
  res.once('finish', () => {
    if (!res.destroyed) entry.status = res.statusCode;
  });
};
