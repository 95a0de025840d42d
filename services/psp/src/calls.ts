import type { Operation } from './ledger.js';

/** A call and its answer. */
export type CallEntry = {
  at: string;
  operation: Operation;
  paymentId: string;
  key: string;
  amount?: { amount: number; currency: string };
  /** `null` while the call runs, and for good if the caller never got an answer */
  status: number | null;
  /** whether this call wrote a line into the book */
  effect: boolean;
  /** whether the answer was a replay of the key's first answer */
  replayed: boolean;
};

export type CallLog = {
  begin(entry: Omit<CallEntry, 'status' | 'effect' | 'replayed'>): CallEntry;
  list(paymentId?: string): CallEntry[];
};

/** The latest calls, oldest first: a ring buffer, so that memory is bounded. */
export const callLog = (kept: number): CallLog => {
  const ring: CallEntry[] = [];
  let oldest = 0;
  return {
    begin: (asked) => {
      const entry: CallEntry = { ...asked, status: null, effect: false, replayed: false };
      if (ring.length < kept) ring.push(entry);
      else {
        ring[oldest] = entry;
        oldest = (oldest + 1) % kept;
      }
      return entry;
    },
    list: (paymentId) => {
      const inOrder = [...ring.slice(oldest), ...ring.slice(0, oldest)];
      return paymentId === undefined ? inOrder : inOrder.filter((entry) => entry.paymentId === paymentId);
    },
  };
};
