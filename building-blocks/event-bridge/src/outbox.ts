import type { EventDefinition, MessageContext } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';

/** A row of an outbox. The connector turns its columns into a CloudEvents message (docs/architecture.md). */
export type OutboxMessage = {
  /** UUIDv7: `ce_id`, and the key of every inbox */
  id: string;
  definition: EventDefinition;
  /** the message's key: messages with one key stay in order */
  aggregateId: string;
  aggregateVersion: number;
  occurredAt: Date;
  context: MessageContext;
  data: unknown;
};

/** `ordering.orders` is written by `/services/ordering`. */
export const sourceOf = (topic: string): string => `/services/${topic.slice(0, topic.indexOf('.'))}`;

/** The columns that an outbox and an event store share, in the order of {@link messageValues}. */
export const messageColumns =
  'id, topic, type, source, aggregate_id, aggregate_version, data_version, occurred_at, correlation_id, causation_id, traceparent, payload';

/** Of the values `$1` to `$12`. */
export const messageUnnest =
  'unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::jsonb[])';

export const messageValues = (messages: readonly OutboxMessage[]): unknown[][] => [
  messages.map(({ id }) => id),
  messages.map(({ definition }) => definition.topic),
  messages.map(({ definition }) => definition.type),
  messages.map(({ definition }) => sourceOf(definition.topic)),
  messages.map(({ aggregateId }) => aggregateId),
  messages.map(({ aggregateVersion }) => aggregateVersion),
  messages.map(({ definition }) => definition.version),
  messages.map(({ occurredAt }) => occurredAt),
  messages.map(({ context }) => context.correlationId),
  messages.map(({ context }) => context.causationId ?? null),
  messages.map(({ context }) => context.traceparent),
  messages.map(({ data }) => JSON.stringify(data)),
];

/**
 * Appends events to the outbox, in the transaction of the change that they announce, with one statement, in the given
 * order. The connector publishes them once the transaction commits.
 */
export const appendToOutbox = (tx: Transaction, messages: readonly OutboxMessage[]): void => {
  if (messages.length === 0) return;
  tx.write(`insert into outbox (${messageColumns}) select * from ${messageUnnest}`, messageValues(messages));
};
