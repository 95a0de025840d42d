import type { EventDefinition, MessageContext } from '@orderstream/contracts';
import { commands, type Handler, type Mapping, type SentCommand } from '@orderstream/event-bridge';
import { databaseNow, lockNames, type Transaction } from '@orderstream/persistence';
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
  /** whether `load` keeps what it found from others until the transaction ends */
  locksWhatItLoads: boolean;
  /** One query for all, `order by id for update` where rows can be locked, so that nobody deadlocks. What is not there is left out. */
  load: (tx: Transaction, ids: string[], commands: readonly NewCommand<Command>[]) => Promise<Map<string, Versioned<State>>>;
  /** One statement per table for all, with what the events announce. */
  save: (tx: Transaction, changes: Change<State, Event>[], toMessage: ToMessage<State, Event>) => Promise<void>;
};

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
}: Options<State, Command, Event>) => {
  const run = async (tx: Transaction, sent: readonly SentCommand<NewCommand<Command>>[]) => {
    const asked = sent.map(({ command }) => command);
    const ids = [...new Set(asked.map(idOf))].sort();
    const held = store.locksWhatItLoads ? await store.load(tx, ids, asked) : new Map<string, Versioned<State>>();
    const others = ids.filter((id) => !held.has(id));
    // one round trip, one after the other: the time is told, and what is not held yet is looked for, after the locks
    const [, at, seen] = await Promise.all([lockIds(tx, others), databaseNow(tx), others.length > 0 ? store.load(tx, others, asked) : []]);
    const loaded = new Map([...held, ...seen]);

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
      await Promise.all([store.save(tx, [...changes.values()], toMessage), jobs?.queue.add(tx, recorded.flatMap(newJobs(jobs.toJob)))]);
    }
    return { stateOf: (id: string): Versioned<State> => current.get(id)!, recorded };
  };

  return {
    /**
     * Runs the commands in order. A refusal (`Conflict`, `Invalid`) is thrown as the decider threw it, and nothing is saved.
     *
     * @param context of all of them, or of each
     */
    handle: (
      tx: Transaction,
      commands: readonly NewCommand<Command>[],
      context: MessageContext | ((command: NewCommand<Command>) => MessageContext),
    ) =>
      run(
        tx,
        commands.map((command) => ({ command, context: typeof context === 'function' ? context(command) : context })),
      ),

    /** A handler for `kafkaConsumer`: a batch of events becomes one list of commands. */
    consumers: (...mappings: Mapping<NewCommand<Command>>[]): Handler => commands(run, ...mappings),
  };
};

const newJobs =
  <State, Event>(toJob: ToJob<State, Event>) =>
  (recorded: Recorded<State, Event>): NewJob[] => {
    const job = toJob(recorded);
    return job ? [{ ...job, id: recorded.eventId, key: recorded.id, context: recorded.context }] : [];
  };

/**
 * Locks aggregates that have no row to be locked until the transaction ends.
 *
 * They may be there all the same. PostgreSQL streams a commit once it is in the log, and shows it to others a moment later; on a busy
 * machine that moment has been seen to outlast a hop, so an event can be heard before its row is seen. Its writer's lock goes only when it is.
 */
const lockIds = (tx: Transaction, ids: readonly string[]): Promise<void> =>
  lockNames(
    tx,
    ids.map((id) => `aggregate\n${id}`),
  );
