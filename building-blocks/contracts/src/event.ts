import type { z } from 'zod';
import type { Topic } from './topics.js';

/** A request to an aggregate. `at` is the time of the decision, by the database's clock. */
export type Command<Type extends string, Data> = { type: Type; data: Data; at: Date };

/** A decision of an aggregate. `at` is its time. */
export type Event<Type extends string, Data> = { type: Type; data: Data; at: Date };

/** The context of a command or an event. It travels with every request, message and log line. */
export type MessageContext = {
  /** the id of the request that started the chain */
  correlationId: string;
  /** the event or command that caused this one */
  causationId?: string;
  /** W3C trace context, `00-<trace id>-<span id>-<flags>` */
  traceparent: string;
};

/** A parsed Kafka message: the data of an event, and the CloudEvents headers around it. */
export type Envelope<Type extends string = string, Data = unknown> = {
  /** UUIDv7: the outbox row's id, and the inbox's key */
  id: string;
  type: Type;
  /** the version of the event's schema, from 1 */
  version: number;
  /** `/services/<name>` */
  source: string;
  aggregateId: string;
  /** the version of the aggregate after this event: 1, 2, 3 … */
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

/** The envelope that a consumer of this event gets. */
export type EventOf<Definition> = Definition extends EventDefinition<infer Type, infer Schema> ? Envelope<Type, z.output<Schema>> : never;
