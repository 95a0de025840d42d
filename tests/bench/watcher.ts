import { connect } from '@orderstream/realtime-client';
import { WebSocket } from 'ws';
import { pause } from './interrupt.js';
import { urlOf } from './stack.js';

/**
 * The time when an order reached a status by the database's clock (just before the commit), and the arrival of its
 * frame.
 */
type Seen = { at: number; arrivedAt: number };

/**
 * A browser that records the status frames of orders. One socket costs the platform less than polling, and works with
 * any version.
 */
export type Watcher = {
  /** Waits until all orders have the status, or until a deadline of the wall clock. */
  seen: (ids: string[], status: string, until: number) => Promise<Map<string, Seen>>;
  close: () => void;
};

export const watchOrders = async (offset: number, token: string): Promise<Watcher> => {
  const seen = new Map<string, Seen>();
  const client = connect({
    url: `${urlOf(offset).gateway.replace('http', 'ws')}/ws`,
    token: () => token,
    webSocket: WebSocket as never,
  });
  client.on('order.status', ({ at, data }) => seen.set(`${data.orderId} ${data.status}`, { at: Date.parse(at), arrivedAt: Date.now() }));
  try {
    for (const deadline = Date.now() + 10_000; client.status !== 'ready'; await pause(10))
      if (Date.now() > deadline) throw new Error('the WebSocket was not ready in 10 s');
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    seen: async (ids, status, until) => {
      while (ids.some((id) => !seen.has(`${id} ${status}`)) && Date.now() < until) await pause(50);
      return new Map(ids.flatMap((id) => (seen.has(`${id} ${status}`) ? [[id, seen.get(`${id} ${status}`)!] as const] : [])));
    },
    close: () => client.close(),
  };
};
