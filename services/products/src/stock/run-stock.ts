import type { NewCommand } from '@orderstream/aggregates';
import type { MessageContext } from '@orderstream/contracts';
import { appendToOutbox, type OutboxMessage, type SentCommand } from '@orderstream/event-bridge';
import type { Transaction } from '@orderstream/persistence';
import { apply, decide, levelEvents, type Stock, type StockCommand, type StockEvent } from './stock.js';
import { toMessage } from './stock-messages.js';
import { type Adjustment, type LoadedStock, loadStock, saveStock } from './stock-store.js';

export type SentStockCommand = SentCommand<NewCommand<StockCommand>>;

/**
 * Runs commands on the stock, in order, in the caller's transaction: what they touch is loaded and locked at once, decided and changed in
 * memory, and saved, with all that is announced, with one statement for each table. The stock is no aggregate of the command handler's: an order takes
 * from many products at once, all or nothing, and each product and each order counts the events that are keyed by it.
 *
 * @param prepared what `loadStock` loaded for these commands, and maybe for more
 * @returns the stock of what they touched, as it is now
 * @throws what `decide` throws for a request; then nothing is saved
 */
export const runStock = async (tx: Transaction, sent: readonly SentStockCommand[], prepared?: Promise<LoadedStock>): Promise<Stock> => {
  const asked = sent.map(({ command }) => command);
  const { stock, at } = await (prepared ?? loadStock(tx, asked));
  const before: Stock = { levels: { ...stock.levels }, reservations: { ...stock.reservations } };
  const messages: OutboxMessage[] = [];
  const adjustments: Adjustment[] = [];

  const record = (event: StockEvent, context: MessageContext): void => {
    if (event.type === 'StockAdjusted') {
      const { productId, quantity } = event.data;
      adjustments.push({ productId, change: quantity - stock.levels[productId]!.quantity, at });
    }
    apply(stock, event);
    const message = toMessage(event, stock, context);
    if (message) messages.push(message);
  };

  for (const { command, context } of sent) {
    for (const event of decide({ ...command, at } as StockCommand, stock)) record(event, context);
  }
  for (const event of levelEvents(before.levels, stock.levels, at)) record(event, sent.at(-1)!.context);

  saveStock(tx, before, stock, adjustments, at);
  appendToOutbox(tx, messages);
  return stock;
};
