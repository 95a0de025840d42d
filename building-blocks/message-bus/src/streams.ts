import {
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import type { Bounds } from './position.js';

/** A JetStream stream that the bus creates when it is missing, and keeps as declared. */
export type StreamDeclaration = {
  name: string;
  subjects: string[];
  maxAgeMs: number;
  /** within this time a repeated id is acknowledged and not stored again */
  duplicateWindowMs: number;
  /** beyond this the oldest messages are dropped early */
  maxBytes: number;
};

/** `created` distinguishes a stream from an earlier one of the same name. An empty stream has `last = first − 1`. */
export type StreamBounds = Bounds;

const notFound = 404;
const nameInUse = 10058;

const declared = ({ subjects, maxAgeMs, duplicateWindowMs, maxBytes }: StreamDeclaration) => ({
  subjects,
  max_age: nanos(maxAgeMs),
  duplicate_window: nanos(duplicateWindowMs),
  max_bytes: maxBytes,
  discard: DiscardPolicy.Old,
});

const sameAs = (config: StreamConfig, wanted: ReturnType<typeof declared>): boolean =>
  Object.entries(wanted).every(([key, value]) => JSON.stringify(config[key as keyof StreamConfig]) === JSON.stringify(value));

const infoOf = async (jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> => {
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === notFound) return undefined;
    throw error;
  }
};

/**
 * Creates the stream, or updates it to its declaration. Safe to repeat, also from several instances at once.
 *
 * A new stream's first sequence is its creation time in microseconds, not 1. So sequences grow even when the server
 * loses a stream, and no sequence of the lost stream means a message of the new one. (Below 2⁵³ until the year 2255.)
 */
export const ensureStream = async (jsm: JetStreamManager, declaration: StreamDeclaration, now: () => number): Promise<StreamInfo> => {
  const wanted = declared(declaration);
  const found = await infoOf(jsm, declaration.name);
  if (found) return sameAs(found.config, wanted) ? found : jsm.streams.update(declaration.name, { ...found.config, ...wanted });
  try {
    return await jsm.streams.add({
      name: declaration.name,
      ...wanted,
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      first_seq: now() * 1_000,
    });
  } catch (error) {
    // another instance created it at the same moment
    if (error instanceof NatsError && error.api_error?.err_code === nameInUse) return jsm.streams.info(declaration.name);
    throw error;
  }
};

/** Removes the messages of a stream on the subjects of `filter`. A stream that does not exist has none. */
export const purgeSubjects = async (jsm: JetStreamManager, stream: string, filter: string): Promise<void> => {
  if (await infoOf(jsm, stream)) await jsm.streams.purge(stream, { filter });
};

export const boundsOf = ({ created, state }: StreamInfo): StreamBounds => ({ created, first: state.first_seq, last: state.last_seq });
