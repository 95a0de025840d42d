import type { z } from 'zod';
import type { Topic } from './topics.js';

/** What an aggregate is asked. `at` is when it is decided, by the database's clock. */
export type Command<Type extends string, Data> = { type: Type; data: Data; at: Date };

/** What an aggregate decided: a fact. `at` is when. */
export type Event<Type extends string, Data> = { type: Type; data: Data; at: Date };

/** Where a command or an event comes from: it travels with every request, message and log line. */
export type MessageContext = {
  /** the request that began it all */
  correlationId: string;
  /** the event or command that caused this one */
  causationId?: string;
  /** W3C trace context, `00-<trace id>-<span id>-<flags>` */
  traceparent: string;
};

/** An event as it arrives from Kafka: its data, and around it what the CloudEvents headers say. */
export type Envelope<Type extends string = string, Data = unknown> = {
  /** UUIDv7: the outbox row's id, and the inbox's key */
  id: string;
  type: Type;
  /** of the event's schema, from 1 */
  version: number;
  /** `/services/<name>` */
  source: string;
  aggregateId: string;
  /** of the aggregate after this event: 1, 2, 3 … */
  aggregateVersion: number;
  occurredAt: Date;
  correlationId: string;
  causationId?: string;
  traceparent?: string;
  data: Data;
};

export type EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> = {
  type: Type;
  version: number;
  topic: Topic;
  data: Schema;
};

/** Declares an event type: the only place that spells its topic. */
export const defineEvent = <const Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
): EventDefinition<Type, Schema> => definition;

/** The envelope that a consumer of this event is handed. */
export type EventOf<Definition> = Definition extends EventDefinition<infer Type, infer Schema> ? Envelope<Type, z.output<Schema>> : never;
