/** What became of a replay: how many messages of the key went through, and why it ended before the last one. */
export type ReplayResult = { replayed: number; error?: string | undefined };

/** A consumer whose dead letters can be replayed: a key at a time, from its oldest on, in order, until one fails. */
export type Replayable = { consumer: string; replay: (key: { topic: string; key: string }) => Promise<ReplayResult> };
