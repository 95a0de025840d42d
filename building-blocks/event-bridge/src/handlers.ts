import type { Envelope, EventDefinition, EventOf, MessageContext } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { childContext } from '@orderstream/service-host';

/** What a consumer does with the events that it subscribes to: all of a batch at once, in one transaction, each partition's in order. */
export type Handler = {
  events: readonly EventDefinition[];
  handle: (tx: Transaction, events: Envelope[]) => Promise<void>;
};

/** Keeps a copy or a read model: `handle` gets every event of these types in a batch, oldest first. */
export const project = <const Definitions extends readonly EventDefinition[]>(
  events: Definitions,
  handle: (tx: Transaction, events: EventOf<Definitions[number]>[]) => Promise<void>,
): Handler => ({ events, handle: handle as Handler['handle'] });

/** How an event becomes commands, often one, sometimes none. */
export type Mapping<Command> = { definition: EventDefinition; toCommands: (event: Envelope) => Command[] };

/** `on(StockReserved, ({ data }) => [{ type: 'AcceptStock', data }])`: pure, and nothing but a mapping. */
export const on = <Definition extends EventDefinition, Command>(
  definition: Definition,
  toCommands: (event: EventOf<Definition>) => Command[],
): Mapping<Command> => ({ definition, toCommands: toCommands as Mapping<Command>['toCommands'] });

/** The context of what an event causes. */
export const contextOfEvent = ({ id, correlationId, traceparent }: Envelope): MessageContext =>
  childContext({ correlationId, traceparent: traceparent ?? '' }, id);
