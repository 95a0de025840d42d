/**
 * Splits a batch so that it can be sent with many messages in flight without ever reordering a subject: the first
 * message of every subject, then the second of every subject, and so on. Each wave is sent only when the one before it
 * is acknowledged.
 */
export const inWaves = <Message extends { subject: string }>(messages: readonly Message[]): Message[][] => {
  const waves: Message[][] = [];
  const sent = new Map<string, number>();
  for (const message of messages) {
    const wave = sent.get(message.subject) ?? 0;
    sent.set(message.subject, wave + 1);
    if (waves.length === wave) waves.push([]);
    waves[wave]?.push(message);
  }
  return waves;
};

export const inChunks = <Item>(items: readonly Item[], size: number): Item[][] => {
  const chunks: Item[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
};
