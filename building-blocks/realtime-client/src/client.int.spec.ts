import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import WebSocket, { WebSocketServer } from 'ws';
import { connect, type RealtimeClient, type RealtimeError, type Status } from './index.js';

const orderId = '019b8c00-0000-7000-8000-000000000001';
const channel = 'stock.019b8c00-0000-7000-8000-0000000000d1';

const order = (sequence: number) => ({
  type: 'order.status',
  sequence,
  at: '2026-01-05T10:15:00.000Z',
  correlationId: 'r1',
  data: {
    orderId,
    orderNumber: 'OS-1',
    event: 'OrderPaid',
    version: 3,
    status: 'Paid',
    pendingUntil: '2026-01-05T10:25:00.000Z',
    onHold: false,
  },
});

describe('the realtime client', function () {
  this.timeout(20_000);
  let server: WebSocketServer;
  let url: string;
  let client: RealtimeClient | undefined;
  /** the frames that the client sent, one list for each socket */
  let received: { type: string; [key: string]: unknown }[][];

  /** A server that answers the first frame with `ready` at the sequence to resume from, or at 100. */
  const listen = async (port = 0) => {
    server = new WebSocketServer({ port, host: '127.0.0.1' });
    server.on('connection', (socket) => {
      const frames: (typeof received)[number] = [];
      received.push(frames);
      socket.on('message', (data) => {
        const frame = JSON.parse(data.toString());
        frames.push(frame);
        if (frame.type !== 'authenticate') return;
        if (frame.token === 'expired') return socket.close(4401, 'token-expired');
        socket.send(
          JSON.stringify({ type: 'ready', userId: 'u1', sequence: frame.resumeFrom ?? 100, serverTime: '2026-01-05T10:15:00.000Z' }),
        );
      });
    });
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const stopListening = async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };

  const push = (...sequences: number[]) => {
    for (const socket of server.clients) for (const sequence of sequences) socket.send(JSON.stringify(order(sequence)));
  };

  const open = (token: (need: { fresh: boolean }) => string | Promise<string> = () => 't') => {
    const statuses: Status[] = [];
    const errors: RealtimeError[] = [];
    const sequences: number[] = [];
    const opened = connect({
      url,
      token,
      webSocket: WebSocket,
      onStatus: (status) => statuses.push(status),
      onError: (e) => errors.push(e),
    });
    opened.on('order.status', ({ sequence }) => sequences.push(sequence));
    client = opened;
    return { client: opened, statuses, errors, sequences };
  };

  const ready = () => eventually(() => expect(client?.status).to.equal('ready'));

  beforeEach(async () => {
    received = [];
    await listen();
  });

  afterEach(async () => {
    client?.close();
    await stopListening();
  });

  it('authenticates, is ready and delivers', async () => {
    const { client, statuses, sequences } = open();
    await ready();
    expect(client.userId).to.equal('u1');
    push(101, 103);
    await eventually(() => expect(sequences).to.deep.equal([101, 103]));
    expect(client.sequence).to.equal(103);
    expect(statuses).to.deep.equal(['connecting', 'ready']);
  });

  it('reconnects after the server was down, resumes and subscribes again', async () => {
    const { client, statuses, sequences } = open();
    client.subscribe(channel);
    await ready();
    push(101);
    await eventually(() => expect(sequences).to.deep.equal([101]));
    const { port } = server.address() as AddressInfo;
    await stopListening();
    await eventually(() => expect(client.status).to.equal('waiting'));
    await listen(port);
    await ready();
    push(101, 102);
    await eventually(() => expect(sequences).to.deep.equal([101, 102]));
    await eventually(() =>
      expect(received).to.deep.equal([
        [
          { type: 'authenticate', token: 't' },
          { type: 'subscribe', channel },
        ],
        [
          { type: 'authenticate', token: 't', resumeFrom: 101 },
          { type: 'subscribe', channel },
        ],
      ]),
    );
    expect(statuses.slice(0, 3)).to.deep.equal(['connecting', 'ready', 'waiting']);
  });

  it('asks for a fresh token when the server refuses its token', async () => {
    const needs: boolean[] = [];
    open(({ fresh }) => {
      needs.push(fresh);
      return fresh ? 't' : 'expired';
    });
    await ready();
    expect(needs).to.deep.equal([false, true]);
    for (const socket of server.clients) socket.close(4401, 'token-expired');
    await eventually(() => expect(needs).to.deep.equal([false, true, true]));
  });

  it('tries again when it gets no token', async () => {
    let attempts = 0;
    const { errors } = open(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('offline');
      return 't';
    });
    await ready();
    expect(errors).to.deep.equal([{ code: 'token-unavailable', message: 'offline' }]);
  });

  it('calls no listener once it is closed, and leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const { client, statuses } = open();
    await ready();
    await stopListening();
    await eventually(() => expect(client.status).to.equal('waiting'));
    const whileWaiting = timers();
    client.close();
    client.close();
    expect(timers()).to.equal(whileWaiting - 1);
    expect(statuses.at(-1)).to.equal('closed');
    await listen();
  });

  it('can be closed while it connects', async () => {
    const { client: closed } = open(() => 'closed');
    await Promise.resolve();
    closed.close();
    open(() => 'later');
    await ready();
    expect(closed.status).to.equal('closed');
    expect(received.flat().map(({ token }) => token)).to.deep.equal(['later']);
  });

  it('removes listeners', async () => {
    const { client, sequences } = open();
    const others: number[] = [];
    const off = client.on('frame', ({ sequence }) => others.push(sequence));
    await ready();
    push(101);
    await eventually(() => expect(others).to.deep.equal([101]));
    off();
    push(102);
    await eventually(() => expect(sequences).to.deep.equal([101, 102]));
    expect(others).to.deep.equal([101]);
  });
});
