/** A subscriber's position: the creation time of the stream that it read, and the last sequence that it handled. */
export type Seen = { created: string; sequence: number };

/** The state of a stream on the server. An empty stream has `last = first − 1`. */
export type Bounds = { created: string; first: number; last: number };

/**
 * Where a subscriber resumes after an interruption.
 *
 * - `after`: the next message is the first one with a greater sequence
 * - `missed`: how many messages the stream dropped before the subscriber saw them
 * - `rewound`: sequences that the subscriber has seen will be used again, because the server lost messages that it had
 *   stored
 */
export const resumeAfter = (seen: Seen | undefined, stream: Bounds): { after: number; missed: number; rewound: boolean } => {
  if (!seen) return { after: stream.last, missed: 0, rewound: false };
  // a stream that was created anew is read from its beginning
  if (stream.created !== seen.created) return { after: stream.first - 1, missed: 0, rewound: stream.first <= seen.sequence };
  if (stream.last < seen.sequence) return { after: stream.last, missed: 0, rewound: true };
  const after = Math.max(seen.sequence, stream.first - 1);
  return { after, missed: after - seen.sequence, rewound: false };
};

/** A consumer's progress: how many messages it has delivered, and the stream sequence of the last. */
export type Delivered = { count: number; sequence: number };

/** A consumer numbers its deliveries 1, 2, 3 …: a skipped number is a lost message. */
export const judge = (last: Delivered, next: Delivered): 'next' | 'seen' | 'gap' => {
  if (next.sequence <= last.sequence) return 'seen';
  return next.count === last.count + 1 ? 'next' : 'gap';
};

/**
 * Parses the metadata of a JetStream delivery from its reply subject: `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream
 * sequence>.<consumer sequence>.<time>.<pending>`, in newer servers with domain and account after `$JS.ACK` and a token
 * at the end.
 */
export const deliveryOf = (reply: string | undefined): (Delivered & { pending: number }) | undefined => {
  const tokens = reply?.split('.') ?? [];
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined;
  const offset = tokens.length === 9 ? 0 : 2;
  return { sequence: Number(tokens[offset + 5]), count: Number(tokens[offset + 6]), pending: Number(tokens[offset + 8]) };
};
