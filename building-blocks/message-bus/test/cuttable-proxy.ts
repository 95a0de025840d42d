import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** For specs: a TCP proxy whose connections can be cut and refused, or stalled silently. */
export const cuttableProxy = async (target: URL) => {
  const sockets = new Set<Socket>();
  let refusing = false;
  let holding = false;
  let refused = 0;

  const server = createServer((client) => {
    if (refusing) {
      refused += 1;
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => to.write(data));
      if (holding) from.pause();
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    refuse: (value: boolean): void => {
      refusing = value;
      if (value) cut();
    },
    /** how many connections it has refused */
    refused: () => refused,
    hold: (value: boolean): void => {
      holding = value;
      for (const socket of sockets) value ? socket.pause() : socket.resume();
    },
    close: (): void => {
      cut();
      server.close();
    },
  };
};
