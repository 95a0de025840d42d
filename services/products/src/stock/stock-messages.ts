import {
  type MessageContext,
  ProductSoldOut,
  StockCommitted,
  StockLevelChanged,
  StockReleased,
  StockReservationFailed,
  StockReserved,
} from '@orderstream/contracts';
import type { OutboxMessage } from '@orderstream/event-bridge';
import { v7 as uuidv7 } from 'uuid';
import type { Stock, StockEvent } from './stock.js';

const definitions = { StockReserved, StockReservationFailed, StockReleased, StockCommitted, StockLevelChanged, ProductSoldOut };

/**
 * The message of an event. A reservation's is keyed by its order, a level's by its product, and each key has versions
 * of its own.
 */
export const toMessage = ({ type, data, at: occurredAt }: StockEvent, stock: Stock, context: MessageContext): OutboxMessage | undefined => {
  if (type === 'StockAdjusted') return undefined; // the StockLevelChanged that follows announces it
  const key =
    'orderId' in data
      ? { aggregateId: data.orderId, aggregateVersion: stock.reservations[data.orderId]!.version }
      : { aggregateId: data.productId, aggregateVersion: stock.levels[data.productId]!.version };
  return { id: uuidv7(), definition: definitions[type], ...key, occurredAt, context, data };
};
