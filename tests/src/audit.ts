import { type OrderStatus, orderEvents, type PaymentStatus, paymentEvents } from '@orderstream/contracts';
import { expect } from 'chai';
import { rows } from './databases.js';
import type { DatabaseName } from './platform.js';
import { provider } from './provider.js';

/*
 * The invariants of the whole platform: within a database at every moment, across databases once all is quiet. An audit
 * returns the violations, so an empty list means success.
 */

type Ending = `${OrderStatus} + ${PaymentStatus | 'no payment'}`;

/** The statuses of orders and their payments, by order id. */
export const endings = async (orderIds: readonly string[]): Promise<Map<string, Ending>> => {
  const [orders, payments] = await Promise.all([
    rows<{ id: string; status: OrderStatus }>('ordering', 'select id, status from orders where id = any($1)', [orderIds]),
    rows<{ order_id: string; status: PaymentStatus }>('payment', 'select order_id, status from payments where order_id = any($1)', [
      orderIds,
    ]),
  ]);
  const paid = new Map(payments.map(({ order_id, status }) => [order_id, status]));
  return new Map(orders.map(({ id, status }): [string, Ending] => [id, `${status} + ${paid.get(id) ?? 'no payment'}`]));
};

const pureEndings: readonly Ending[] = [
  'Shipped + Completed',
  'Cancelled + no payment',
  'Cancelled + Declined',
  'Cancelled + Cancelled',
  'Cancelled + Refunded',
  'Cancelled + Failed',
  'Failed + Failed',
];

/** Final orders whose payment has the matching final status. */
export const everyEndingIsPure = (ends: Map<string, Ending>): Map<string, Ending> => {
  const others = [...ends].filter(([, ending]) => !pureEndings.includes(ending));
  expect(tally(others.map(([, ending]) => ending)), `${others.length} of ${ends.size} orders, e.g. ${others[0]?.[0]}`).to.deep.equal({});
  return ends;
};

export const tally = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

/** I3, and no final order keeps a reservation. */
export const stockAudit = async (): Promise<string[]> => {
  const unbalanced = await rows<{ product_id: string }>(
    'products',
    `with line as (
       select reservations.status, (line ->> 'productId')::uuid as product_id, sum((line ->> 'quantity')::int)::int as quantity
         from reservations, jsonb_array_elements(lines) as line group by 1, 2
     )
     select stock.product_id, stock.quantity, reserved from stock
      where quantity < 0 or reserved < 0 or reserved > quantity
         or reserved <> coalesce((select quantity from line where line.product_id = stock.product_id and status = 'Reserved'), 0)
         or quantity <> coalesce((select sum(change) from stock_adjustments where stock_adjustments.product_id = stock.product_id), 0)
                      - coalesce((select quantity from line where line.product_id = stock.product_id and status = 'Committed'), 0)`,
  );
  const open = await rows<{ order_id: string }>('products', `select order_id from reservations where status = 'Reserved'`);
  const over = await rows<{ id: string; status: string }>(
    'ordering',
    `select id, status from orders where id = any($1) and status in ('Confirmed', 'Shipped', 'Cancelled', 'Failed')`,
    [open.map(({ order_id }) => order_id)],
  );
  return [
    ...unbalanced.map((row) => `the books of a product do not balance: ${JSON.stringify(row)}`),
    ...over.map(({ id, status }) => `order ${id} is ${status} and still has a reservation`),
  ];
};

type Machine = Record<string, readonly string[]>;

/** Events that the machines below leave out: they may come at several times, and change no status. */
const besideTheMachine = ['OrderAddressErased', 'CapturedRefundInitiated', 'CapturedRefunded'];

/** The events that may follow each event of an order. */
const afterOrderEvent: Machine = {
  '': ['OrderPlaced'],
  OrderPlaced: ['OrderPending', 'OrderCancelled'],
  OrderPending: ['OrderPaid', 'OrderCancelled', 'OrderFailed', 'OrderCancelRequested'],
  OrderPaid: ['OrderHoldChanged', 'OrderConfirmed', 'OrderCancelRequested'],
  OrderHoldChanged: ['OrderHoldChanged', 'OrderConfirmed', 'OrderCancelRequested'],
  OrderConfirmed: ['OrderShipped', 'OrderCaptured'],
  OrderCaptured: ['OrderShipped', 'OrderRefunded'],
  OrderShipped: ['OrderRefunded'],
  OrderRefunded: ['OrderShipped', 'OrderRefunded'],
  OrderCancelRequested: ['OrderCancelled'],
};

/** The events that may follow each event of a payment. */
const afterPaymentEvent: Machine = {
  '': ['PaymentInitiated'],
  PaymentInitiated: ['PaymentApproved', 'PaymentDeclined', 'PaymentFailed', 'PaymentCancelled'],
  PaymentApproved: ['PaymentSettlementInitiated', 'PaymentRefundInitiated'],
  PaymentRefundInitiated: ['PaymentRefunded'],
  PaymentSettlementInitiated: ['PaymentSettled'],
  PaymentSettled: ['PaymentCompleted'],
};

type Life = { id: string; types: string[]; versions: number[]; status: string; last_status: string; version: number };

const wrongLife = (machine: Machine, { id, types, versions, status, last_status, version }: Life): string[] => {
  const path = types.filter((type) => !besideTheMachine.includes(type));
  const isPath = path.every((type, index) => machine[path[index - 1] ?? '']?.includes(type));
  const counts = versions.every((each, index) => each === index + 1) && version === versions.length;
  return isPath && counts && status === last_status
    ? []
    : [`${id} is ${status} v${version}, after ${types.join(', ')} (${versions.join(', ')})`];
};

/**
 * I5: every order's history is a path of the state machine with consecutive versions, and its last status is the
 * order's.
 */
export const orderHistoryAudit = async (): Promise<string[]> => {
  const lives = await rows<Life>(
    'ordering',
    `select id, orders.status, orders.version, array_agg(type order by history.version) as types,
            array_agg(history.version order by history.version) as versions,
            (array_agg(history.status order by history.version desc))[1] as last_status
       from orders left join order_history as history on history.order_id = orders.id group by id`,
  );
  return lives.flatMap((life) => wrongLife(afterOrderEvent, life));
};

/**
 * Each refund of captured money begins after the settlement, and ends at most once, after it began. `refunds` has the
 * refund's id for each of the `types` that is about one.
 */
const wrongRefunds = ({ id, types, refunds }: Pick<Life, 'id' | 'types'> & { refunds: (string | null)[] }): string[] => {
  const settled = types.indexOf('PaymentSettled');
  const begun = new Set<string | null>();
  const ended = new Set<string | null>();
  for (const [index, type] of types.entries()) {
    const refund = refunds[index] ?? null;
    const isWrong =
      (type === 'CapturedRefundInitiated' && (settled === -1 || index < settled || begun.has(refund))) ||
      (type === 'CapturedRefunded' && (!begun.has(refund) || ended.has(refund)));
    if (isWrong) return [`${type} of refund ${refund} of payment ${id} comes at the wrong place of ${types.join(', ')}`];
    if (type === 'CapturedRefundInitiated') begun.add(refund);
    if (type === 'CapturedRefunded') ended.add(refund);
  }
  return [];
};

/** I5 for payments, and the read table equals the payment's last event. */
export const paymentHistoryAudit = async (): Promise<string[]> => {
  const lives = await rows<Life & { differs: boolean; refunds: (string | null)[] }>(
    'payment',
    `select payments.id, payments.status, payments.version, array_agg(type order by aggregate_version) as types,
            array_agg(aggregate_version order by aggregate_version) as versions,
            array_agg(payload -> 'refund' ->> 'id' order by aggregate_version) as refunds,
            (array_agg(payload ->> 'status' order by aggregate_version desc))[1] as last_status,
            ((array_agg(payload order by aggregate_version desc))[1] - 'paymentMethod' - 'refund') is distinct from payments.view as differs
       from payments left join payment_events on stream = 'payment-' || payments.id group by payments.id`,
  );
  const unread = await rows<{ stream: string }>(
    'payment',
    `select distinct stream from payment_events where not exists (select from payments where 'payment-' || payments.id = stream)`,
  );
  return [
    ...lives.flatMap((life) => wrongLife(afterPaymentEvent, life)),
    ...lives.flatMap(wrongRefunds),
    ...lives.flatMap(({ id, differs }) => (differs ? [`what the read table shows of payment ${id} is not what its events say`] : [])),
    ...unread.map(({ stream }) => `${stream} is not in the read table`),
  ];
};

type Payment = { id: string; order_id: string | null; status: PaymentStatus; amount: string; refunded: string; pending: string };
type Money = { authorised: number; captured: number; refunded: number; voided: number };

/** The expected account in the provider's book for a payment's status; undefined while it is not final. */
const bookOf = ({ status, refunded, pending, ...payment }: Payment, authorised: number): Money | undefined => {
  const amount = Number(payment.amount);
  const nothing = { authorised, captured: 0, refunded: 0, voided: 0 };
  switch (status) {
    case 'Approved':
      return { ...nothing, authorised: amount };
    case 'Declined':
      return { ...nothing, authorised: 0 };
    case 'Failed': // an authorisation whose answer was lost, or came too late, is voided
    case 'Cancelled':
      return { ...nothing, voided: authorised };
    case 'Refunded':
      return { ...nothing, authorised: amount, refunded: amount };
    case 'Settled':
    case 'Completed':
      return Number(pending) > 0 ? undefined : { ...nothing, authorised: amount, captured: amount, refunded: Number(refunded) };
    default:
      return undefined;
  }
};

/**
 * I1: payments and the provider's book agree row by row, the captured total is the total of the shipped orders, and an
 * order shows what is refunded of its payment.
 */
export const moneyAudit = async (): Promise<string[]> => {
  const payments = await rows<Payment>(
    'payment',
    `select id, order_id, status, amount, coalesce(view -> 'refundedAmount' ->> 'amount', '0') as refunded,
            coalesce(view -> 'pendingRefundAmount' ->> 'amount', '0') as pending
       from payments`,
  );
  const orders = await rows<{ id: string; status: OrderStatus; total_amount: string; refunded: string }>(
    'ordering',
    `select id, status, total_amount, coalesce(state -> 'refundedAmount' ->> 'amount', '0') as refunded from orders`,
  );
  const book = new Map((await provider.book()).map((account) => [account.paymentId, account]));
  const paymentOfOrder = new Map(payments.flatMap((payment) => (payment.order_id ? [[payment.order_id, payment] as const] : [])));
  const wrong: string[] = [];

  for (const payment of payments) {
    const { id, status, amount, pending } = payment;
    const account = book.get(id);
    const { authorised, captured, refunded, voided } = account ?? { authorised: 0, captured: 0, refunded: 0, voided: 0 };
    const said = JSON.stringify({ authorised, captured, refunded, voided });
    const expected = bookOf(payment, authorised);
    if (!expected) wrong.push(`payment ${id} is ${status} with ${pending} to be refunded, and not over`);
    else if (JSON.stringify(expected) !== said) wrong.push(`payment ${id} of ${amount} is ${status}, and the book says ${said}`);
    if (captured + voided > authorised || refunded > (captured || authorised - voided))
      wrong.push(`more than was authorised is gone of payment ${id}, or more than was captured is refunded: ${said}`);
  }
  for (const { id, status, total_amount, refunded } of orders) {
    const payment = paymentOfOrder.get(id);
    const captured = (payment && book.get(payment.id)?.captured) ?? 0;
    const due = status === 'Shipped' ? Number(total_amount) : 0;
    if (status !== 'Confirmed' && captured !== due) wrong.push(`order ${id} of ${total_amount} is ${status}, and ${captured} is captured`);
    if (payment && refunded !== payment.refunded)
      wrong.push(`order ${id} shows ${refunded} refunded, and payment ${payment.id} ${payment.refunded}`);
  }
  const ours = new Set(payments.map(({ id }) => id));
  for (const id of book.keys()) if (!ours.has(id)) wrong.push(`the book has payment ${id}, and we do not`);
  return wrong;
};

/**
 * I2: no operation of a payment has an effect twice, nor any refund of captured money, and no key is used for two
 * requests.
 */
export const callAudit = async (): Promise<string[]> => {
  const calls = await provider.calls();
  const effects = tally(
    calls
      .filter(({ effect }) => effect)
      .map(({ paymentId, operation, key }) => (key.includes(':refund:') ? `refund ${key}` : `${operation} of payment ${paymentId}`)),
  );
  return [
    ...Object.entries(effects).flatMap(([what, times]) => (times > 1 ? [`${what} had an effect ${times} times`] : [])),
    ...calls.filter(({ status }) => status === 422).map(({ key }) => `the key ${key} was used for another request`),
  ];
};

type Hearing = { consumer: string; database: DatabaseName; types: readonly string[] };

const reportTypes = orderEvents.map(({ type }) => type);

/** The consumer groups with an inbox, by the database whose events they consume. */
const hearings: Record<'identity' | 'ordering' | 'products' | 'payment', Hearing[]> = {
  identity: [
    { consumer: 'ordering', database: 'ordering', types: ['UserErased'] },
    { consumer: 'basket', database: 'basket', types: ['UserErased'] },
  ],
  ordering: [
    { consumer: 'products', database: 'products', types: ['OrderPlaced', 'OrderCancelled', 'OrderFailed', 'OrderConfirmed'] },
    { consumer: 'payment', database: 'payment', types: ['OrderPending', 'OrderCancelRequested', 'OrderConfirmed'] },
    { consumer: 'reports', database: 'reports', types: reportTypes },
    { consumer: 'basket', database: 'basket', types: ['OrderPlaced'] },
    { consumer: 'identity', database: 'identity', types: ['OrderPaid', 'OrderShipped', 'OrderCancelled', 'OrderFailed'] },
  ],
  products: [
    {
      consumer: 'ordering',
      database: 'ordering',
      types: ['ProductAdded', 'ProductUpdated', 'ProductDeleted', 'StockReserved', 'StockReservationFailed'],
    },
    {
      consumer: 'basket',
      database: 'basket',
      types: ['ProductAdded', 'ProductUpdated', 'ProductDeleted', 'StockLevelChanged', 'ProductSoldOut'],
    },
  ],
  payment: [
    {
      consumer: 'ordering',
      database: 'ordering',
      types: [
        'PaymentApproved',
        'PaymentDeclined',
        'PaymentFailed',
        'PaymentCancelled',
        'PaymentRefunded',
        'PaymentSettled',
        'CapturedRefunded',
      ],
    },
  ],
};

const missing = async (from: keyof typeof hearings, { consumer, database, types }: Hearing): Promise<string[]> => {
  const table = from === 'payment' ? 'payment_events' : 'outbox';
  const announced = await rows<{ id: string; type: string }>(from, `select id, type from ${table} where type = any($1)`, [types]);
  const handled = await rows<{ event_id: string }>(
    database,
    `select event_id from inbox where consumer = $1
     union select event_id from dead_letters where consumer = $1 and event_id is not null`,
    [consumer],
  );
  const known = new Set(handled.map(({ event_id }) => event_id));
  return announced.flatMap(({ id, type }) => (known.has(id) ? [] : [`${type} ${id} never came to ${consumer}`]));
};

/** I9: every published event reached every consumer, or its dead letters. */
export const pipeAudit = async (): Promise<string[]> => {
  const all = Object.entries(hearings) as [keyof typeof hearings, Hearing[]][];
  return (await Promise.all(all.flatMap(([from, listeners]) => listeners.map((hearing) => missing(from, hearing))))).flat();
};

/** I9 at its end: every job of a payment is done, or a dead letter. */
export const jobAudit = async (): Promise<string[]> => {
  const left = await rows<{ id: string; kind: string; last_error: string | null }>(
    'payment',
    `select id, kind, last_error from jobs where not exists (select from dead_letters where consumer = 'payment-jobs' and dead_letters.key = jobs.key)`,
  );
  return left.map(({ id, kind, last_error }) => `job ${kind} of ${id} is still to be done: ${last_error ?? 'never tried'}`);
};

/**
 * I9 at its beginning: every event of an order was published once, and the types of a payment's events are those of its
 * contract.
 */
export const announcementAudit = async (): Promise<string[]> => {
  const silent = await rows<{ order_id: string; version: number; announced: number }>(
    'ordering',
    `select order_id, history.version, count(outbox.id)::int as announced
       from order_history as history
       left join outbox on outbox.aggregate_id = order_id::text and outbox.aggregate_version = history.version and outbox.type = history.type
      where history.at > now() - interval '6 days'
      group by 1, 2 having count(outbox.id) <> 1`,
  );
  const strange = await rows<{ type: string }>('payment', 'select distinct type from payment_events where type <> all($1)', [
    paymentEvents.map(({ type }) => type),
  ]);
  return [
    ...silent.map((row) => `an event of an order was not announced once: ${JSON.stringify(row)}`),
    ...strange.map(({ type }) => `a payment event is called ${type}`),
  ];
};

/** I10, Elasticsearch: the report is checked through its API; its dead letters are checked here. */
export const deadLetterAudit = async (): Promise<string[]> => {
  const all = await Promise.all(
    (['identity', 'ordering', 'products', 'basket', 'payment', 'reports'] as const).map((name) =>
      rows<{ id: string; consumer: string; type: string; error: string }>(name, 'select id, consumer, type, error from dead_letters'),
    ),
  );
  return all.flat().map(({ id, consumer, type, error }) => `${consumer} has dead letter ${id}: ${type}, ${error}`);
};

const audits = {
  stock: stockAudit,
  'order history': orderHistoryAudit,
  'payment history': paymentHistoryAudit,
  money: moneyAudit,
  calls: callAudit,
  pipe: pipeAudit,
  jobs: jobAudit,
  announcements: announcementAudit,
  'dead letters': deadLetterAudit,
};

const mostShown = 10;

/** All violations, each as a sentence that stays the same as long as the violation lasts. */
export const findings = async (): Promise<Set<string>> => {
  const found = new Set<string>();
  for (const find of Object.values(audits)) for (const wrong of await find()) found.add(wrong);
  return found;
};

/**
 * The whole audit, apart from violations `known` before the test began.
 *
 * @throws AssertionError with the first violation
 */
export const audit = async (known: ReadonlySet<string> = new Set()): Promise<void> => {
  for (const [name, find] of Object.entries(audits)) {
    const wrong = (await find()).filter((finding) => !known.has(finding));
    expect(wrong.slice(0, mostShown), `${wrong.length} found by the audit of ${name}`).to.deep.equal([]);
  }
};
