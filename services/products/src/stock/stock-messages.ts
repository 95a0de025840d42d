import type { Message, Recorded } from '@orderstream/aggregates';
import {
  ProductSoldOut,
  StockCommitted,
  StockLevelChanged,
  StockReleased,
  StockReservationFailed,
  StockReserved,
} from '@orderstream/contracts';
import type { Stock, StockEvent } from './stock.js';

const definitions = { StockReserved, StockReservationFailed, StockReleased, StockCommitted, StockLevelChanged, ProductSoldOut };

/** What is said of a reservation is keyed by its order, what is said of a level by its product; each counts its own events. */
export const toMessages = ({ event: { type, data }, state }: Recorded<Stock, StockEvent>): Message[] => {
  switch (type) {
    case 'StockAdjusted': // the StockLevelChanged that follows says it
      return [];
    case 'StockLevelChanged':
    case 'ProductSoldOut':
      return [
        { definition: definitions[type], data, aggregateId: data.productId, aggregateVersion: state.levels[data.productId]!.version },
      ];
    default:
      return [
        { definition: definitions[type], data, aggregateId: data.orderId, aggregateVersion: state.reservations[data.orderId]!.version },
      ];
  }
};
