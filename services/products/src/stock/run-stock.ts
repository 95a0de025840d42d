import type { NewCommand } from '@orderstream/aggregates';
import type { MessageContext } from '@orderstream/contracts';
import { appendToOutbox, type OutboxMessage, type SentCommand } from '@orderstream/event-bridge';
import type { Transaction } from '@orderstream/persistence';
import { apply, decide, levelEvents, type Stock, type StockCommand, type StockEvent } from './stock.js';
import { toMessage } from './stock-messages.js';
import { type Adjustment, type LoadedStock, loadStock, saveStock } from './stock-store.js';

export type SentStockCommand = SentCommand<NewCommand<StockCommand>>;

/**
 * The command handler of the stock: runs commands in order, in the caller's transaction. It locks and loads the rows
 * that they touch, decides in memory, and saves rows and messages with one statement for each table. `aggregate` does
 * not fit: an order takes from many products, all or nothing, and both products and orders number their own events.
 *
 * @param prepared the result of `loadStock` for these commands, or for more
 * @returns the touched stock, after the commands
 * @throws the refusal of `decide`; then nothing is saved
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
