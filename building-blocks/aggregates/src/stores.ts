import type { Event as AnyEvent } from '@orderstream/contracts';
import { appendToOutbox, messageColumns, messageUnnest, messageValues, type OutboxMessage } from '@orderstream/event-bridge';
import { type Transaction, VersionConflict } from '@orderstream/persistence';
import type { Change, Store, ToMessage } from './aggregate.js';

const messagesOf = <State, Event extends { at: Date }>(
  changes: Change<State, Event>[],
  toMessage: ToMessage<State, Event>,
): OutboxMessage[] =>
  changes
    .flatMap(({ recorded }) => recorded)
    .map((entry) => {
      const { id: aggregateId, eventId: id, event, version: aggregateVersion, context } = entry;
      return { ...toMessage(entry), id, aggregateId, aggregateVersion, occurredAt: event.at, context };
    });

/** A store that keeps state in the service's own tables, and announces events in the outbox. */
export const stateStored = <State, Command, Event extends { at: Date }>({
  load,
  save,
}: {
  load: Store<State, Command, Event>['load'];
  save: (tx: Transaction, changes: Change<State, Event>[]) => void;
}): Store<State, Command, Event> => ({
  load,
  save: (tx, changes, toMessage) => {
    save(tx, changes);
    appendToOutbox(tx, messagesOf(changes, toMessage));
  },
});

const uniqueViolation = '23505';

/**
 * A store that keeps events; the state is their fold. The event table is the outbox too: an event's row is its message.
 * The stream of an aggregate is named `<stream>-<id>`. Unique (stream, aggregate_version) stops the second of two
 * concurrent writers: its transaction gets a `VersionConflict`, is rolled back and runs again.
 *
 * @param table the event table; its columns are the outbox's, and `stream`
 * @param fold from the events of an aggregate, oldest first; the data of each is its row's payload
 * @param project writes the read table, in the same transaction
 */
export const eventStored = <State, Command, Event extends { at: Date }>({
  table,
  stream,
  fold,
  project,
}: {
  table: string;
  stream: string;
  fold: (events: AnyEvent<string, unknown>[]) => State;
  project: (tx: Transaction, changes: Change<State, Event>[]) => void;
}): Store<State, Command, Event> => ({
  load: async (tx, ids) => {
    const { rows } = await tx.query<AnyEvent<string, unknown> & { aggregate_id: string }>(
      `select aggregate_id, type, payload as data, occurred_at as at
         from ${table} where stream = any($1) order by stream, aggregate_version`,
      [ids.map((id) => `${stream}-${id}`)],
    );
    const streams = new Map<string, AnyEvent<string, unknown>[]>();
    for (const { aggregate_id, ...event } of rows) streams.set(aggregate_id, [...(streams.get(aggregate_id) ?? []), event]);
    return new Map([...streams].map(([id, events]) => [id, { state: fold(events), version: events.length }]));
  },
  save: (tx, changes, toMessage) => {
    tx.write(
      `insert into ${table} (${messageColumns}, stream)
       select m.*, $13 || '-' || m.aggregate_id from ${messageUnnest} as m(${messageColumns})`,
      [...messageValues(messagesOf(changes, toMessage)), stream],
      (error: Error & { code?: string }) =>
        error.code === uniqueViolation
          ? new VersionConflict(`${table}: another transaction wrote to one of these streams`, { cause: error })
          : error,
    );
    project(tx, changes);
  },
});
