import type { Envelope, EventDefinition, EventOf, MessageContext } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { childContext } from '@orderstream/service-host';

/**
 * Handles the events that a consumer subscribes to: all of a batch in one transaction, those of a partition in order.
 */
export type Handler = {
  events: readonly EventDefinition[];
  /**
   * Starts the queries that `handle` will need, in one round trip with the inbox, before it is known which events are
   * new.
   */
  prepare?: (tx: Transaction, events: Envelope[]) => Promise<unknown> | undefined;
  /** @param prepared the result of `prepare`, if it was called, for these events and maybe others */
  handle: (tx: Transaction, events: Envelope[], prepared?: Promise<unknown>) => Promise<void>;
};

/** A handler that keeps a copy or a read model: it gets all events of these types in a batch, oldest first. */
export const project = <const Definitions extends readonly EventDefinition[]>(
  events: Definitions,
  handle: (tx: Transaction, events: EventOf<Definitions[number]>[]) => Promise<void>,
): Handler => ({ events, handle: handle as Handler['handle'] });

/** Maps an event to commands: often one, sometimes none. */
export type Mapping<Command> = { definition: EventDefinition; toCommands: (event: Envelope) => Command[] };

/** `on(StockReserved, ({ data }) => [{ type: 'AcceptStock', data }])`: a pure mapping. */
export const on = <Definition extends EventDefinition, Command>(
  definition: Definition,
  toCommands: (event: EventOf<Definition>) => Command[],
): Mapping<Command> => ({ definition, toCommands: toCommands as Mapping<Command>['toCommands'] });

/** A command, and the context of its cause. */
export type SentCommand<Command> = { command: Command; context: MessageContext };

type Commands<Command, Prepared> = {
  prepare: (tx: Transaction, commands: Command[]) => Promise<Prepared>;
  run: (tx: Transaction, sent: SentCommand<Command>[], prepared?: Promise<Prepared>) => Promise<unknown>;
};

/**
 * Makes the events of a batch one list of commands, each with the context of its event, run in the batch's transaction.
 */
export const commands = <Command, Prepared>({ prepare, run }: Commands<Command, Prepared>, ...mappings: Mapping<Command>[]): Handler => {
  const byType = new Map(mappings.map((mapping) => [mapping.definition.type, mapping.toCommands]));
  return {
    events: mappings.map(({ definition }) => definition),
    prepare: (tx, events) => {
      const asked = events.flatMap((event) => byType.get(event.type)!(event));
      return asked.length > 0 ? prepare(tx, asked) : undefined;
    },
    handle: async (tx, events, prepared) => {
      const sent = events.flatMap((event) => {
        const context = contextOfEvent(event);
        return byType.get(event.type)!(event).map((command) => ({ command, context }));
      });
      if (sent.length > 0) await run(tx, sent, prepared as Promise<Prepared> | undefined);
    },
  };
};

/** The context of the commands and events that an event causes. */
export const contextOfEvent = ({
  id,
  correlationId,
  traceparent,
}: Pick<Envelope, 'id' | 'correlationId' | 'traceparent'>): MessageContext =>
  childContext({ correlationId, traceparent: traceparent ?? '' }, id);
