import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@orderstream/realtime-client';
import { WebSocket } from 'ws';
import { urlOf } from './stack.js';

/** A browser that notes when the frame of each order's status arrived. */
export type Watcher = {
  arrivals: (ids: string[], status: string, withinMs: number) => Promise<Map<string, number>>;
  close: () => void;
};

export const watchOrders = async (offset: number, token: string): Promise<Watcher> => {
  const seen = new Map<string, number>();
  const client = connect({
    url: `${urlOf(offset).gateway.replace('http', 'ws')}/ws`,
    token: () => token,
    webSocket: WebSocket as never,
  });
  client.on('order.status', ({ data }) => seen.set(`${data.orderId} ${data.status}`, Date.now()));
  const deadline = Date.now() + 10_000;
  while (client.status !== 'ready') {
    if (Date.now() > deadline) throw new Error('the WebSocket was not ready in 10 s');
    await sleep(10);
  }
  return {
    arrivals: async (ids, status, withinMs) => {
      const until = Date.now() + withinMs;
      while (ids.some((id) => !seen.has(`${id} ${status}`)) && Date.now() < until) await sleep(50);
      return new Map(ids.flatMap((id) => (seen.has(`${id} ${status}`) ? [[id, seen.get(`${id} ${status}`)!] as const] : [])));
    },
    close: () => client.close(),
  };
};
