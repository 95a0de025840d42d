import { aggregate } from '@orderstream/aggregates';
import { closing, decide, evolve, initialState } from './stock.js';
import { toMessages } from './stock-messages.js';
import { stockStore } from './stock-store.js';

/** One aggregate, because an order takes from many products at once, all or nothing. Only the rows that it touches are loaded and locked. */
export const stocks = aggregate({ idOf: () => 'stock', decide, evolve, initialState, store: stockStore, toMessages, closing });
