import type { Envelope, EventDefinition } from '@orderstream/contracts';
import type { KafkaMessage } from 'kafkajs';

/** A message as Kafka has it; topic, partition and offset tell it apart from every other. */
export type Received = {
  topic: string;
  partition: number;
  offset: string;
  /** its own key, or `<partition>:<offset>` where it has none: then nothing has to wait for it */
  key: string;
  headers: Record<string, string>;
  payload: Buffer | null;
};

/** What a consumer makes of a message. An `unheard` one is of a type that nobody here listens to. */
export type Reading =
  | { kind: 'event'; received: Received; id: string; event: Envelope }
  | { kind: 'unreadable'; received: Received; id?: string; type?: string; problem: string }
  | { kind: 'unheard'; received: Received };

type Header = NonNullable<KafkaMessage['headers']>[string];

/** A header that was set twice counts as it was set last: the connector appends. */
const headerText = (value: Header): string => String((Array.isArray(value) ? value.at(-1) : value) ?? '');

export const receive = (topic: string, partition: number, { key, offset, headers = {}, value }: KafkaMessage): Received => {
  const texts: Record<string, string> = {};
  for (const name in headers) texts[name] = headerText(headers[name]);
  return { topic, partition, offset, key: key?.toString() ?? `${partition}:${offset}`, headers: texts, payload: value };
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const parseJson = (payload: Buffer | null): unknown => {
  try {
    return JSON.parse(payload?.toString() ?? '');
  } catch (cause) {
    throw new Error('the data is not JSON', { cause });
  }
};

/**
 * Reads messages by the contracts of what is listened to. A message has to be a CloudEvents 1.0 event in Kafka's binary mode: `ce_id` a
 * UUID, `ce_type`, and data that its contract accepts.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export const messageReader = (definitions: readonly EventDefinition[]) => {
  const byType = new Map<string, Map<number, EventDefinition>>();
  for (const definition of definitions) {
    const versions = byType.get(definition.type) ?? new Map<number, EventDefinition>();
    byType.set(definition.type, versions.set(definition.version, definition));
  }

  return (received: Received): Reading => {
    const { headers, payload, key } = received;
    const type = headers.ce_type || undefined;
    const id = headers.ce_id || headers.id || undefined;
    const unreadable = (problem: string): Reading => ({
      kind: 'unreadable',
      received,
      problem,
      ...(id && uuid.test(id) && { id: id.toLowerCase() }),
      ...(type && { type }),
    });
    if (!type) return unreadable('it has no type (header ce_type)');
    const versions = byType.get(type);
    if (!versions) return { kind: 'unheard', received };
    if (!id || !uuid.test(id)) return unreadable('it has no valid id (header ce_id)');
    const version = Number(headers.ce_dataversion ?? 1);
    const definition = versions.get(version);
    if (!definition) return unreadable(`version ${headers.ce_dataversion} of ${type} is not known here`);
    try {
      const parsed = definition.data.safeParse(parseJson(payload));
      if (!parsed.success) return unreadable(`the data is not a ${type}: ${parsed.error.issues.map(describeIssue).join('; ')}`);
      const occurredAt = new Date(headers.ce_time ?? '');
      if (Number.isNaN(occurredAt.getTime())) return unreadable('it has no valid time (header ce_time)');
      return {
        kind: 'event',
        received,
        id: id.toLowerCase(),
        event: {
          id: id.toLowerCase(),
          type,
          version,
          source: headers.ce_source ?? '',
          aggregateId: headers.ce_subject ?? key,
          aggregateVersion: Number(headers.ce_aggregateversion ?? 0),
          occurredAt,
          correlationId: headers.ce_correlationid || id,
          ...(headers.ce_causationid && { causationId: headers.ce_causationid }),
          ...(headers.traceparent && { traceparent: headers.traceparent }),
          data: parsed.data,
        },
      };
    } catch (error) {
      return unreadable((error as Error).message);
    }
  };
};

const describeIssue = ({ path, message }: { path: PropertyKey[]; message: string }): string => `${path.join('.') || 'it'} ${message}`;
