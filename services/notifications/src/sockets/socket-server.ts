import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { clientIp } from '@orderstream/http';
import type { Component } from '@orderstream/service-host';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeCodes } from './close-codes.js';
import { guestCounter } from './guest-counter.js';
import { defaultLimits, openSession, type Session, type SessionDeps, type SessionLimits } from './session.js';

type Options = Omit<SessionDeps, 'log' | 'limits' | 'guests'> & {
  limits?: Partial<SessionLimits>;
  pingEveryMs?: number;
  reportPositionEveryMs?: number;
  verifyEveryMs?: number;
};

export type SocketServer = Component & {
  /** for the HTTP server: upgrades `/ws` */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Closes all sockets, so that their clients reconnect and resume. */
  restartAll: () => void;
  size: () => number;
};

const maxFrameBytes = 16 * 1024;
const stopWithinMs = 1_500;

const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
};

/**
 * The WebSockets of this instance. A socket authenticates by its first frame, not by a cookie, so any origin may
 * connect.
 */
export const socketServer = ({
  limits,
  pingEveryMs = 15_000,
  reportPositionEveryMs = 300_000,
  verifyEveryMs = 15_000,
  ...deps
}: Options): SocketServer => {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
  const sessions = new Map<WebSocket, Session>();
  const silent = new Set<WebSocket>();
  let accept: ((socket: WebSocket, request: IncomingMessage) => void) | undefined;
  const timers: NodeJS.Timeout[] = [];

  const ping = (): void => {
    for (const socket of sessions.keys()) {
      // no pong to the last ping: the client has disconnected
      if (silent.has(socket)) socket.terminate();
      silent.add(socket);
      socket.ping();
    }
  };

  const restartAll = (): void => {
    for (const session of sessions.values()) session.end(closeCodes.restart, 'restart');
  };

  return {
    name: 'sockets',
    start: async ({ log }) => {
      const allLimits = { ...defaultLimits, ...limits };
      const guests = guestCounter(allLimits.maxGuestsPerAddress);
      accept = (socket, request) => {
        sessions.set(socket, openSession(socket, { ...deps, guests: guests.from(clientIp(request)), log, limits: allLimits }));
        socket.on('pong', () => silent.delete(socket));
        socket.on('close', () => {
          sessions.delete(socket);
          silent.delete(socket);
        });
      };
      timers.push(
        setInterval(ping, pingEveryMs),
        setInterval(() => {
          for (const session of sessions.values()) session.reportPosition();
        }, reportPositionEveryMs),
        setInterval(() => {
          for (const session of sessions.values()) void session.verifyAgain();
        }, verifyEveryMs),
      );
    },
    stop: async () => {
      accept = undefined;
      for (const timer of timers.splice(0)) clearInterval(timer);
      const deadline = Date.now() + stopWithinMs;
      restartAll();
      while (sessions.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const socket of sessions.keys()) socket.terminate();
    },
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const path = request.url?.split('?', 1)[0];
      if (path !== '/ws') refuseUpgrade(socket, '404 Not Found');
      else if (!accept) refuseUpgrade(socket, '503 Service Unavailable');
      else server.handleUpgrade(request, socket, head, accept);
    },
    restartAll,
    size: () => sessions.size,
  };
};
