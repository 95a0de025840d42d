import { type AnyFrame, connect, type RealtimeClient, type RealtimeError } from '@orderstream/realtime-client';
import { eventually } from '@orderstream/testing';
import WebSocket from 'ws';
import type { Person } from './people.js';
import { platform } from './platform.js';

export type Browser = {
  client: RealtimeClient;
  frames: AnyFrame[];
  errors: RealtimeError[];
  /** the pushed statuses of an order, in order of arrival */
  orderStatuses: (orderId: string) => string[];
  paymentStatuses: (orderId: string) => string[];
  close: () => void;
};

/** A user's browser with an open page: connected and authenticated when it resolves. */
export const openBrowser = async (person: Person, resumeFrom?: number): Promise<Browser> => {
  const frames: AnyFrame[] = [];
  const errors: RealtimeError[] = [];
  const client = connect({
    url: platform.webSocket,
    token: person.token,
    webSocket: WebSocket,
    ...(resumeFrom !== undefined && { resumeFrom }),
    onFrame: (frame) => frames.push(frame),
    onError: (error) => errors.push(error),
  });
  await eventually(() => {
    if (client.status !== 'ready') throw new Error(`the socket is ${client.status}: ${JSON.stringify(errors)}`);
  });
  return {
    client,
    frames,
    errors,
    orderStatuses: (orderId) =>
      frames.flatMap((frame) => (frame.type === 'order.status' && frame.data.orderId === orderId ? [frame.data.status] : [])),
    paymentStatuses: (orderId) =>
      frames.flatMap((frame) => (frame.type === 'payment.status' && frame.data.orderId === orderId ? [frame.data.status] : [])),
    close: client.close,
  };
};
