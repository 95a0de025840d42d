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
 * What is announced of an event: a reservation's is keyed by its order, a level's by its product, and each counts its
 * own events.
 */
export const toMessage = ({ type, data, at: occurredAt }: StockEvent, stock: Stock, context: MessageContext): OutboxMessage | undefined => {
  if (type === 'StockAdjusted') return undefined; // the StockLevelChanged that follows says it
  const key =
    'orderId' in data
      ? { aggregateId: data.orderId, aggregateVersion: stock.reservations[data.orderId]!.version }
      : { aggregateId: data.productId, aggregateVersion: stock.levels[data.productId]!.version };
  return { id: uuidv7(), definition: definitions[type], ...key, occurredAt, context, data };
};
