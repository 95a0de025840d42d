import { createHash } from 'node:crypto';
import type { Envelope, EventDefinition } from '@orderstream/contracts';
import type { KafkaMessage } from 'kafkajs';

/** A message as Kafka delivers it, in bytes: any producer may have sent it. */
export type Received = {
  topic: string;
  partition: number;
  offset: string;
  key: Buffer | null;
  /** a header that was set twice is listed twice */
  readonly headers: Header[];
  /** a header as text; the last value when it was set twice, because the connector appends */
  header: (name: string) => string | undefined;
  payload: Buffer | null;
  /**
   * A hash of the message. Offsets start again when a topic is deleted and created anew; the hash distinguishes the
   * messages.
   */
  readonly fingerprint: string;
};

export type Header = [name: string, value: Buffer | null];

/** A message after parsing. */
export type ParsedMessage =
  | { kind: 'event'; received: Received; id: string; event: Envelope }
  | { kind: 'unreadable'; received: Received; id?: string; type?: string; problem: string }
  | { kind: 'not subscribed'; received: Received; type: string };

/** {@link Received.header} for a list of headers. */
export const headerOf =
  (headers: readonly Header[]) =>
  (name: string): string | undefined => {
    const last = headers.findLast(([candidate]) => candidate === name);
    return last && String(last[1] ?? '');
  };

export const receive = (topic: string, partition: number, message: KafkaMessage): Received => {
  const { key, offset, value: payload, timestamp } = message;
  let headers: Header[] | undefined;
  let fingerprint: string | undefined;
  return {
    topic,
    partition,
    offset,
    key,
    payload,
    header: (name) => {
      const value = message.headers && Object.hasOwn(message.headers, name) ? message.headers[name] : undefined;
      const last = Array.isArray(value) ? value.at(-1) : value;
      return last === undefined ? undefined : String(last ?? '');
    },
    // computed on demand, because few messages need them
    get headers() {
      headers ??= headersOf(message);
      return headers;
    },
    get fingerprint() {
      fingerprint ??= hashOf(
        JSON.stringify([timestamp, this.headers.map(([name, value]) => [name, value?.toString('base64')])]),
        key,
        payload,
      );
      return fingerprint;
    },
  };
};

/**
 * For a header named like a property of every object (`constructor`), kafkajs lists that property as its first value;
 * the filter drops it.
 */
const headersOf = ({ headers = {} }: KafkaMessage): Header[] =>
  Object.entries(headers).flatMap(([name, values]) =>
    [values]
      .flat()
      .filter((value) => value === null || typeof value === 'string' || Buffer.isBuffer(value))
      .map((value): Header => [name, value === null ? null : Buffer.from(value)]),
  );

const hashOf = (...parts: (string | Buffer | null)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part?.length ?? 'none'}\n`).update(part ?? '');
  return hash.digest('hex');
};

const plain = /^[0-9A-Za-z_-]{1,100}$/;

/**
 * The name of a message's sequence. Messages of one topic and key form a sequence: they stay in order. A message
 * without a key is a sequence of its own. The name is short and printable, whatever the key is.
 */
export const sequenceOf = ({ topic, key, fingerprint }: Pick<Received, 'topic' | 'key' | 'fingerprint'>): string => {
  if (!key) return `${topic}/#${fingerprint}`;
  const text = key.length <= 100 ? key.toString('latin1') : '';
  return `${topic}/${plain.test(text) ? text : `sha256:${createHash('sha256').update(key).digest('hex')}`}`;
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
 * Parses messages by the contracts of the subscribed events. A message must be a CloudEvents 1.0 event in Kafka's
 * binary mode, with a UUID in `ce_id`, a `ce_type`, and data that its contract accepts.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export const messageParser = (definitions: readonly EventDefinition[]) => {
  const byType = new Map<string, Map<number, EventDefinition>>();
  for (const definition of definitions) {
    const versions = byType.get(definition.type) ?? new Map<number, EventDefinition>();
    byType.set(definition.type, versions.set(definition.version, definition));
  }

  return (received: Received): ParsedMessage => {
    const { payload, key, partition, offset } = received;
    const type = received.header('ce_type') || undefined;
    const versions = type === undefined ? undefined : byType.get(type);
    if (type && !versions) return { kind: 'not subscribed', received, type };
    const id = received.header('ce_id') || received.header('id') || undefined;
    const unreadable = (problem: string): ParsedMessage => ({
      kind: 'unreadable',
      received,
      problem,
      ...(id && uuid.test(id) && { id: id.toLowerCase() }),
      ...(type && { type }),
    });
    if (!type || !versions) return unreadable('it has no type (header ce_type)');
    if (!id || !uuid.test(id)) return unreadable('it has no valid id (header ce_id)');
    const version = received.header('ce_dataversion') ?? '1';
    const definition = versions.get(Number(version));
    if (!definition) return unreadable(`version ${version} of ${type} is not known here`);
    try {
      const parsed = definition.data.safeParse(parseJson(payload));
      if (!parsed.success) return unreadable(`the data is not a ${type}: ${parsed.error.issues.map(describeIssue).join('; ')}`);
      const occurredAt = new Date(received.header('ce_time') ?? '');
      if (Number.isNaN(occurredAt.getTime())) return unreadable('it has no valid time (header ce_time)');
      const causationId = received.header('ce_causationid');
      const traceparent = received.header('traceparent');
      return {
        kind: 'event',
        received,
        id: id.toLowerCase(),
        event: {
          id: id.toLowerCase(),
          type,
          version: definition.version,
          source: received.header('ce_source') ?? '',
          aggregateId: received.header('ce_subject') ?? key?.toString() ?? `${partition}:${offset}`,
          aggregateVersion: Number(received.header('ce_aggregateversion') ?? 0),
          occurredAt,
          correlationId: received.header('ce_correlationid') || id,
          ...(causationId && { causationId }),
          ...(traceparent && { traceparent }),
          data: parsed.data,
        },
      };
    } catch (error) {
      return unreadable((error as Error).message);
    }
  };
};

const describeIssue = ({ path, message }: { path: PropertyKey[]; message: string }): string =>
  `${path.map(String).join('.') || 'it'} ${message}`;
