import { type MessageContext, Refusal } from '@orderstream/contracts';
import { commands, type Handler, type Mapping, type OutboxMessage, type SentCommand } from '@orderstream/event-bridge';
import { databaseNow, lockNames, type Transaction } from '@orderstream/persistence';
import { runWithContext } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import type { JobQueue, NewJob } from './job-queue.js';

type AnyCommand = { type: string; at: Date };
type AnyEvent = { type: string; at: Date };

/** A command as its sender writes it: the command handler adds the time of the decision. */
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

/** The new state of one aggregate, and its new events: at least one. */
export type Change<State, Event> = {
  id: string;
  loadedVersion: number;
  version: number;
  state: State;
  recorded: Recorded<State, Event>[];
};

/** The type and the data of the message that announces an event; the command handler adds the rest. */
export type ToMessage<State, Event> = (recorded: Recorded<State, Event>) => Pick<OutboxMessage, 'definition' | 'data'>;

/**
 * The job that an event requests, if it does: a call to a third party, and all the data that it needs. Its key is the
 * aggregate's id by default, so that the jobs of an aggregate are done in order.
 */
export type ToJob<State, Event> = (recorded: Recorded<State, Event>) => { kind: string; payload: object; key?: string } | undefined;

export type Store<State, Command, Event> = {
  /**
   * Loads the aggregates with one query, after the command handler has locked their ids. The map has no entry for an
   * aggregate that does not exist.
   */
  load: (tx: Transaction, ids: string[], commands: readonly NewCommand<Command>[]) => Promise<Map<string, Versioned<State>>>;
  /**
   * Writes the rows and the messages of the events, one statement for each table. A version other than the loaded one
   * is a conflict.
   */
  save: (tx: Transaction, changes: Change<State, Event>[], toMessage: ToMessage<State, Event>) => void;
};

/** The time of the decision, and the aggregates as loaded. */
export type Prepared<State> = Promise<{ at: Date; loaded: Map<string, Versioned<State>> }>;

/** The commands of one change, decided on the states that it finds, and what it returns of those that it leaves. */
type Attempt<State, Command, Result> = {
  commandsOf: (stateOf: (id: string) => Versioned<State>) => readonly NewCommand<Command>[];
  resultOf: (stateOf: (id: string) => Versioned<State>) => Result;
  context: MessageContext;
};

type Options<State, Command extends AnyCommand, Event extends AnyEvent> = {
  idOf: (command: NewCommand<Command>) => string;
  decide: (command: Command, state: State) => Event[];
  evolve: (state: State, event: Event) => State;
  initialState: State;
  store: Store<State, Command, Event>;
  toMessage: ToMessage<State, Event>;
  /** The jobs that events request: added to the queue in the event's transaction. */
  jobs?: { queue: JobQueue; toJob: ToJob<State, Event> };
  /** Called for a command that changed nothing. */
  onNoChange?: (command: Command, state: State) => void;
  /** Called for each event once it is committed, in the event's own context, to count and to log it. */
  onChange?: (recorded: Recorded<State, Event>) => void;
};

/**
 * The command handler, the one way that state changes. It runs a list of commands in order, in the caller's
 * transaction: it loads the aggregates with one query, decides and folds in memory, and saves rows and messages with
 * one statement for each table. A REST call is a list of one command, a batch of Kafka messages a long list.
 */
export const aggregate = <State, Command extends AnyCommand, Event extends AnyEvent>({
  idOf,
  decide,
  evolve,
  initialState,
  store,
  toMessage,
  jobs,
  onNoChange,
  onChange,
}: Options<State, Command, Event>) => {
  const idsOf = (asked: readonly NewCommand<Command>[]): string[] => [...new Set(asked.map(idOf))].sort();

  const prepare = (tx: Transaction, asked: readonly NewCommand<Command>[]): Prepared<State> => {
    const prepared = lockAndLoad(tx, asked);
    prepared.catch(() => undefined); // `handle` awaits it and throws its error
    return prepared;
  };

  const lockAndLoad = async (tx: Transaction, asked: readonly NewCommand<Command>[]): Prepared<State> => {
    const ids = idsOf(asked);
    // one round trip; the server runs the statements in order, so time and load come after the locks
    const [, at, loaded] = await Promise.all([lockAggregates(tx, ids), databaseNow(tx), store.load(tx, ids, asked)]);
    return { at, loaded };
  };

  /** What a transaction has decided so far, on top of what was loaded. */
  const unitOfWork = (loaded: Map<string, Versioned<State>>, at: Date) => {
    const current = new Map<string, Versioned<State>>();
    const changes = new Map<string, Change<State, Event>>();
    const stateOf = (id: string): Versioned<State> => current.get(id) ?? loaded.get(id) ?? { state: initialState, version: 0 };

    /** Decides on commands in order. A refusal is thrown, and nothing is recorded. */
    const decideAll = (sent: readonly SentCommand<NewCommand<Command>>[]): void => {
      const after = new Map<string, Versioned<State>>();
      const recorded: Recorded<State, Event>[] = [];
      for (const { command, context } of sent) {
        const id = idOf(command);
        const stamped = { ...command, at } as unknown as Command;
        let { state, version } = after.get(id) ?? stateOf(id);
        const events = decide(stamped, state);
        if (events.length === 0) onNoChange?.(stamped, state);
        for (const event of events) {
          const before = state;
          state = evolve(before, event);
          version += 1;
          recorded.push({ id, eventId: uuidv7(), event, version, before, state, context });
        }
        after.set(id, { state, version });
      }
      for (const entry of recorded) record(entry);
    };

    const record = (entry: Recorded<State, Event>): void => {
      const { id, version, before, state } = entry;
      const change = changes.get(id) ?? { id, loadedVersion: version - 1, version, state: before, recorded: [] };
      change.recorded.push(entry);
      changes.set(id, Object.assign(change, { state, version }));
      current.set(id, { state, version });
    };

    const save = (tx: Transaction): Recorded<State, Event>[] => {
      const recorded = [...changes.values()].flatMap((change) => change.recorded);
      if (recorded.length > 0) {
        store.save(tx, [...changes.values()], toMessage);
        jobs?.queue.add(tx, recorded.flatMap(newJobs(jobs.toJob)));
      }
      if (onChange && recorded.length > 0) {
        const notify = () => {
          for (const entry of recorded) runWithContext(entry.context, () => onChange(entry));
        };
        void tx.committed.then(notify, () => undefined);
      }
      return recorded;
    };

    return { decideAll, stateOf, save };
  };

  const run = async (tx: Transaction, sent: readonly SentCommand<NewCommand<Command>>[], prepared?: Prepared<State>) => {
    const asked = sent.map(({ command }) => command);
    const { at, loaded } = await (prepared ?? prepare(tx, asked));
    const { decideAll, stateOf, save } = unitOfWork(loaded, at);
    decideAll(sent);
    return { stateOf, recorded: save(tx) };
  };

  return {
    /**
     * Runs the commands in order. A refusal (`Conflict`, `Invalid`) is thrown as the decider threw it, and nothing is
     * saved.
     *
     * @param context one for all commands, or a function that returns the context of each
     * @param prepared the result of `prepare` for these commands, or for more
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

    /**
     * Makes several changes in one transaction, in order and each on its own: the commands of one are all run, or all
     * refused. Each is decided on what the changes before it left.
     *
     * @param prepared the result of `prepare` for every aggregate that the commands may be about
     * @returns the result of each change, or its refusal
     */
    handleEach: async <Result>(
      tx: Transaction,
      attempts: readonly Attempt<State, Command, Result>[],
      prepared: Prepared<State>,
    ): Promise<(Result | Refusal)[]> => {
      const { at, loaded } = await prepared;
      const { decideAll, stateOf, save } = unitOfWork(loaded, at);
      const outcomes = attempts.map(({ commandsOf, resultOf, context }) => {
        try {
          decideAll(commandsOf(stateOf).map((command) => ({ command, context })));
          return resultOf(stateOf);
        } catch (error) {
          if (error instanceof Refusal) return error;
          throw error;
        }
      });
      save(tx);
      return outcomes;
    },

    /**
     * Locks and loads the aggregates ahead, in one round trip with the transaction's other first queries. Pass the
     * result to `handle`.
     */
    prepare,

    /** A handler for `kafkaConsumer`: a batch of events becomes one list of commands. */
    consumers: (...mappings: Mapping<NewCommand<Command>>[]): Handler => commands({ prepare, run }, ...mappings),
  };
};

const newJobs =
  <State, Event>(toJob: ToJob<State, Event>) =>
  (recorded: Recorded<State, Event>): NewJob[] => {
    const job = toJob(recorded);
    return job ? [{ key: recorded.id, ...job, id: recorded.eventId, context: recorded.context }] : [];
  };

/**
 * An SQL condition that takes the command handler's lock of one aggregate, or is false while another transaction holds
 * it. `id` is an SQL expression.
 */
export const tryLockAggregate = (id: string): string =>
  `pg_try_advisory_xact_lock(hashtextextended('aggregate' || chr(10) || ${id}::text, 0))`;

/**
 * Locks aggregates until the transaction ends, also those whose row is not visible yet: PostgreSQL streams a commit
 * before it makes it visible, so an event can arrive before its row. The writer's lock is released only once its row is
 * visible.
 *
 * @see docs/decisions/0020-aggregates-are-locked-until-they-are-seen.md
 */
const lockAggregates = (tx: Transaction, ids: readonly string[]): Promise<void> =>
  lockNames(
    tx,
    ids.map((id) => `aggregate\n${id}`),
  );
