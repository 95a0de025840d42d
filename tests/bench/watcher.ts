import { connect } from '@orderstream/realtime-client';
import { WebSocket } from 'ws';
import { pause } from './interrupt.js';
import { urlOf } from './stack.js';

/** When an order came to a status by the database's clock (its transaction commits right after), and when the frame that says so arrived. */
type Seen = { at: number; arrivedAt: number };

/** A browser that notes the frames of each order's status. One socket costs the platform less than asking it, and says the same of any version. */
export type Watcher = {
  /** Waits until all orders have the status, or until a time of the wall clock has come. */
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
