import type { EventDefinition, MessageContext } from '@orderstream/contracts';
import { commands, type Handler, type Mapping, type SentCommand } from '@orderstream/event-bridge';
import { databaseNow, lockNames, type Transaction } from '@orderstream/persistence';
import { runWithContext } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import type { JobQueue, NewJob } from './job-queue.js';

type AnyCommand = { type: string; at: Date };
type AnyEvent = { type: string; at: Date };

/** A command as its sender writes it: when it is decided is the shell's to say. */
export type NewCommand<Command> = Command extends { at: Date } ? Omit<Command, 'at'> : never;

/** `version` is the number of events so far. */
export type Versioned<State> = { state: State; version: number };

/** An event that was just decided, the state around it, and what caused it. */
export type Recorded<State, Event> = {
  /** the aggregate's */
  id: string;
  eventId: string;
  event: Event;
  /** of the aggregate after the event */
  version: number;
  before: State;
  state: State;
  context: MessageContext;
};

/** What became of one aggregate; it has at least one new event. */
export type Change<State, Event> = {
  id: string;
  loadedVersion: number;
  version: number;
  state: State;
  recorded: Recorded<State, Event>[];
};

/** What is announced of an event. */
export type Message = { definition: EventDefinition; data: object };

export type ToMessage<State, Event> = (recorded: Recorded<State, Event>) => Message;

/** The call to a third party that an event asks for, if it does: which one, and all that it needs to know. */
export type ToJob<State, Event> = (recorded: Recorded<State, Event>) => { kind: string; payload: object } | undefined;

export type Store<State, Command, Event> = {
  /** One query for all; the command handler has locked the ids. What is not there is left out. */
  load: (tx: Transaction, ids: string[], commands: readonly NewCommand<Command>[]) => Promise<Map<string, Versioned<State>>>;
  /** Writes one statement for each table, with what the events announce. Another version than was loaded is a conflict. */
  save: (tx: Transaction, changes: Change<State, Event>[], toMessage: ToMessage<State, Event>) => void;
};

/** What the commands of a transaction are decided on, and when. */
export type Prepared<State> = Promise<{ at: Date; loaded: Map<string, Versioned<State>> }>;

type Options<State, Command extends AnyCommand, Event extends AnyEvent> = {
  idOf: (command: NewCommand<Command>) => string;
  decide: (command: Command, state: State) => Event[];
  evolve: (state: State, event: Event) => State;
  initialState: State;
  store: Store<State, Command, Event>;
  toMessage: ToMessage<State, Event>;
  /** What the events ask of third parties: it is added to the queue in the transaction of the event, with the aggregate's id for its key. */
  jobs?: { queue: JobQueue; toJob: ToJob<State, Event> };
  /** Told of a command that changed nothing. */
  ignored?: (command: Command, state: State) => void;
  /** Told of each event once it is committed, in the event's own context: to count and to log it. */
  onChange?: (recorded: Recorded<State, Event>) => void;
};

/**
 * The one way state changes: a list of commands is run on the aggregates they name, in order, in the caller's transaction. They are loaded
 * with one query, decided and folded in memory, and saved, with all that is announced, with one statement per table. A REST call is a list
 * of one; a slice of a Kafka partition is a long one.
 */
export const aggregate = <State, Command extends AnyCommand, Event extends AnyEvent>({
  idOf,
  decide,
  evolve,
  initialState,
  store,
  toMessage,
  jobs,
  ignored,
  onChange,
}: Options<State, Command, Event>) => {
  const idsOf = (asked: readonly NewCommand<Command>[]): string[] => [...new Set(asked.map(idOf))].sort();

  const prepare = (tx: Transaction, asked: readonly NewCommand<Command>[]): Prepared<State> => {
    const prepared = lockAndLoad(tx, asked);
    prepared.catch(() => undefined); // `handle` hears it, if it comes to that
    return prepared;
  };

  const lockAndLoad = async (tx: Transaction, asked: readonly NewCommand<Command>[]): Prepared<State> => {
    const ids = idsOf(asked);
    // one round trip, one after the other: the time is told, and the aggregates are loaded, after the locks
    const [, at, loaded] = await Promise.all([lockIds(tx, ids), databaseNow(tx), store.load(tx, ids, asked)]);
    return { at, loaded };
  };

  const run = async (tx: Transaction, sent: readonly SentCommand<NewCommand<Command>>[], prepared?: Prepared<State>) => {
    const asked = sent.map(({ command }) => command);
    const ids = idsOf(asked);
    const { at, loaded } = await (prepared ?? prepare(tx, asked));

    const current = new Map(ids.map((id) => [id, loaded.get(id) ?? { state: initialState, version: 0 }]));
    const changes = new Map<string, Change<State, Event>>();

    const record = (id: string, events: Event[], context: MessageContext): void => {
      for (const event of events) {
        const { state: before, version } = current.get(id)!;
        const after = { state: evolve(before, event), version: version + 1 };
        current.set(id, after);
        const change = changes.get(id) ?? { id, loadedVersion: version, version, state: before, recorded: [] };
        change.recorded.push({ id, eventId: uuidv7(), event, version: after.version, before, state: after.state, context });
        changes.set(id, Object.assign(change, after));
      }
    };

    for (const { command, context } of sent) {
      const id = idOf(command);
      const { state } = current.get(id)!;
      const stamped = { ...command, at } as unknown as Command;
      const decided = decide(stamped, state);
      if (decided.length === 0) ignored?.(stamped, state);
      record(id, decided, context);
    }

    const recorded = [...changes.values()].flatMap((change) => change.recorded);
    if (recorded.length > 0) {
      store.save(tx, [...changes.values()], toMessage);
      await jobs?.queue.add(tx, recorded.flatMap(newJobs(jobs.toJob)));
    }
    if (onChange && recorded.length > 0) {
      const tell = () => {
        for (const entry of recorded) runWithContext(entry.context, () => onChange(entry));
      };
      void tx.executionPromise.then(tell, () => undefined);
    }
    return { stateOf: (id: string): Versioned<State> => current.get(id)!, recorded };
  };

  return {
    /**
     * Runs the commands in order. A refusal (`Conflict`, `Invalid`) is thrown as the decider threw it, and nothing is saved.
     *
     * @param context of all of them, or of each
     * @param prepared what was asked for by `prepare` already, for these commands or for more
     */
    handle: (
      tx: Transaction,
      commands: readonly NewCommand<Command>[],
      context: MessageContext | ((command: NewCommand<Command>) => MessageContext),
      prepared?: Prepared<State>,
    ) =>
      run(
        tx,
        commands.map((command) => ({ command, context: typeof context === 'function' ? context(command) : context })),
        prepared,
      ),

    /** Locks and loads what the commands need, so that this travels with what else a transaction asks first. Hand the result to `handle`. */
    prepare,

    /** A handler for `kafkaConsumer`: a batch of events becomes one list of commands. */
    consumers: (...mappings: Mapping<NewCommand<Command>>[]): Handler => commands({ prepare, run }, ...mappings),
  };
};

const newJobs =
  <State, Event>(toJob: ToJob<State, Event>) =>
  (recorded: Recorded<State, Event>): NewJob[] => {
    const job = toJob(recorded);
    return job ? [{ ...job, id: recorded.eventId, key: recorded.id, context: recorded.context }] : [];
  };

/** An SQL condition that takes the same lock of one aggregate, or is false where somebody else has it. `id` is an expression. */
export const tryLockAggregate = (id: string): string =>
  `pg_try_advisory_xact_lock(hashtextextended('aggregate' || chr(10) || ${id}::text, 0))`;

/**
 * Locks aggregates until the transaction ends, also those that have no row yet.
 *
 * They may have one all the same. PostgreSQL streams a commit once it is in the log, and shows it to others a moment later; on a busy
 * machine that moment has been seen to outlast a hop, so an event can be heard before its row is seen. Its writer's lock goes only when it is.
 */
const lockIds = (tx: Transaction, ids: readonly string[]): Promise<void> =>
  lockNames(
    tx,
    ids.map((id) => `aggregate\n${id}`),
  );
