import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Forbidden, type MessageContext, NotFound, type Refusal, Unavailable } from '@orderstream/contracts';
import { answerRaw, HttpRefusal } from '@orderstream/http';
import { type Component, currentLog, newContext, runWithContext } from '@orderstream/service-host';
import { Gauge } from 'prom-client';
import { clientProtocol } from './client.js';
import { unreachable } from './forward.js';
import { requestHeaders } from './headers.js';

export type WebSocketOptions = {
  target: URL;
  /** origins allowed besides our own */
  origins: readonly string[];
  trustedProxies: number;
  timeoutMs: number;
  /** throws the refusal to answer instead of an upgrade */
  admit: (req: IncomingMessage) => void | Promise<void>;
};

type OriginCheck = { origin: string | undefined; host: string | undefined; protocol: string; origins: readonly string[] };

/** A page of another origin may not open a socket in its visitor's name. Clients other than browsers send no Origin. */
export const mayUpgrade = ({ origin, host, protocol, origins }: OriginCheck): boolean =>
  origin === undefined || origins.includes(origin) || origin === `${protocol}://${host}`;

const openSockets = new Gauge({ name: 'gateway_websockets', help: 'WebSockets that are open through this gateway' });

/** Proxies `/ws` to notifications. Stopping closes the sockets; their clients reconnect to another instance. */
export const webSockets = ({ target, origins, trustedProxies, timeoutMs, admit }: WebSocketOptions) => {
  const open = new Set<Duplex>();
  let stopping = false;
  let log = currentLog();

  const refuse = (socket: Duplex, refusal: Refusal, { correlationId }: MessageContext): void => {
    log.info({ code: refusal.code }, 'upgrade refused');
    answerRaw(socket, refusal, correlationId);
  };

  const connect = (req: IncomingMessage, socket: Duplex, head: Buffer, context: MessageContext): void => {
    const upstream = httpRequest({
      hostname: target.hostname,
      port: target.port,
      path: req.url,
      method: 'GET',
      timeout: timeoutMs,
      headers: { ...requestHeaders(req, context, trustedProxies), connection: 'Upgrade', upgrade: req.headers.upgrade },
    });
    socket.once('close', () => upstream.destroy());
    upstream.on('timeout', () => upstream.destroy(new Error('timeout')));
    upstream.on('error', () => {
      if (socket.writable) refuse(socket, unreachable('notifications'), context);
    });
    upstream.on('response', (answer) => {
      answer.resume();
      refuse(socket, new HttpRefusal(answer.statusCode ?? 502, 'upgrade-refused', 'notifications refused the upgrade'), context);
    });
    upstream.on('upgrade', (answer, service, firstBytes) => {
      service.setTimeout(0);
      if (socket.destroyed || stopping) {
        service.destroy();
        socket.destroy();
        return;
      }
      log.debug('upgraded');
      socket.write(switchingProtocols(answer, context.correlationId));
      if (firstBytes.length > 0) socket.write(firstBytes);
      if (head.length > 0) service.write(head);
      join(socket, service);
    });
    upstream.end();
  };

  const join = (client: Duplex, service: Duplex): void => {
    open.add(client);
    openSockets.inc();
    for (const socket of [client, service]) (socket as Socket).setNoDelay(true);
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      from.pipe(to); // with back-pressure: a browser that does not read slows notifications down, which cuts it off
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
    client.once('close', () => {
      open.delete(client);
      openSockets.dec();
    });
  };

  const component: Component = {
    name: 'web-sockets',
    start: async (host) => {
      log = host.log;
    },
    stop: async () => {
      stopping = true;
      for (const socket of open) socket.end();
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, 500);
      await Promise.all([...open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      clearTimeout(cut);
    },
  };

  const upgrade = async (req: IncomingMessage, socket: Duplex, head: Buffer, context: MessageContext): Promise<void> => {
    socket.on('error', () => socket.destroy());
    try {
      if ((req.url ?? '').split('?', 1)[0] !== '/ws') throw new NotFound('route-not-found', 'There is no WebSocket at this path');
      if (stopping) throw new Unavailable('stopping', 'The gateway is stopping', { retryAfterSeconds: 1 });
      await admit(req);
      const { origin, host } = req.headers;
      if (!mayUpgrade({ origin, host, protocol: clientProtocol(req, trustedProxies), origins })) {
        throw new Forbidden('origin-not-allowed', 'Pages of this origin may not connect');
      }
      connect(req, socket, head, context);
    } catch (error) {
      refuse(socket, error as Refusal, context);
    }
  };

  return {
    component,
    size: () => open.size,
    upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const context = newContext(req.headers);
      void runWithContext(context, () => upgrade(req, socket, head, context));
    },
  };
};

const switchingProtocols = ({ headers }: IncomingMessage, correlationId: string): string => {
  const ofTheProtocol = Object.entries(headers).filter(([name]) => name.startsWith('sec-websocket-'));
  const lines = [['connection', 'Upgrade'], ['upgrade', 'websocket'], ['x-correlation-id', correlationId], ...ofTheProtocol];
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};
