import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { type MessageBus, natsBus } from '@orderstream/message-bus';
import type { Component } from '@orderstream/service-host';
import { testHost } from '@orderstream/testing';
import jwt from 'jsonwebtoken';
import WebSocket from 'ws';
import { liveFeed } from '../src/frames/live-feed.js';
import { publishEvents } from '../src/frames/publish-events.js';
import { purgeErased } from '../src/frames/purge-erased.js';
import { recipients } from '../src/frames/recipients.js';
import type { FrameStream } from '../src/frames/subjects.js';
import type { SessionLimits } from '../src/sockets/session.js';
import { socketServer } from '../src/sockets/socket-server.js';

/** An issuer of access tokens, with its keys served over HTTP. */
export const tokenIssuer = async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const revocations: { subject: string; minVersion: number }[] = [];
  const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] });
  const server = createServer((request, response) =>
    response.setHeader('content-type', 'application/json').end(request.url === '/jwks' ? keys : JSON.stringify({ revocations })),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const audience = 'urn:orderstream:api';
  return {
    config: {
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      OIDC_JWKS_URL: `${issuer}/jwks`,
      OIDC_REVOCATIONS_URL: `${issuer}/revocations`,
    },
    /** what the issuer lists; a verifier reads it at most every 10 s */
    revocations,
    tokenFor: (sub: string, { roles = ['shopper'], scope = 'openid platform', seconds = 600 } = {}): string =>
      jwt.sign({ roles, scope, jti: randomUUID() }, privateKey, {
        algorithm: 'RS256',
        keyid: 'k1',
        subject: sub,
        issuer,
        audience,
        expiresIn: seconds,
      }),
    close: () => server.close(),
  };
};
export type TokenIssuer = Awaited<ReturnType<typeof tokenIssuer>>;

type Settings = {
  natsUrl: string;
  stream: FrameStream;
  issuer: TokenIssuer;
  limits?: Partial<SessionLimits>;
  pingEveryMs?: number;
  reportPositionEveryMs?: number;
  verifyEveryMs?: number;
  port?: number;
};

/** An instance of the service as `main.ts` composes it, without Kafka. */
export const startInstance = async ({ natsUrl, stream, issuer, port = 0, ...options }: Settings) => {
  const bus: MessageBus = natsBus({ url: natsUrl, streams: [stream.declaration] });
  const connectedRecipients = recipients();
  const auth = authenticatorFrom(issuer.config);
  const feed = liveFeed({ bus, stream, recipients: connectedRecipients, onBreak: () => sockets.restartAll() });
  const sockets = socketServer({ auth, bus, stream, recipients: connectedRecipients, liveSequence: feed.sequence, ...options });
  const http = httpServer({ port, basePath: '/notifications', apis: [], onUpgrade: sockets.upgrade });
  const components: Component[] = [bus, feed, http, sockets];
  const stopping = new AbortController();
  const host = testHost({ stopping: stopping.signal });
  for (const component of components) await component.start(host);
  let stopped = false;
  const address = http.server.address() as AddressInfo;
  return {
    bus,
    sockets,
    port: address.port,
    url: `ws://127.0.0.1:${address.port}/ws`,
    publish: publishEvents({ bus, stream, now: () => new Date() }),
    purge: purgeErased({ bus, stream, now: () => new Date() }),
    stop: async () => {
      if (stopped) return;
      stopped = true;
      stopping.abort();
      for (const component of components.reverse()) await component.stop();
    },
  };
};
export type Instance = Awaited<ReturnType<typeof startInstance>>;

export type Frame = { type: string; sequence: number; code?: string; userId?: string; data: Record<string, unknown> };

/** A bare WebSocket that records the frames it gets. */
export const openSocket = async (url: string, options: WebSocket.ClientOptions = {}) => {
  const socket = new WebSocket(url, options);
  const frames: Frame[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on('error', () => undefined);
  socket.on('message', (data) => frames.push(JSON.parse(data.toString())));
  await once(socket, 'open');
  const send = (frame: unknown): void => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return {
    socket,
    frames,
    closed,
    send,
    authenticate: (token: string, resumeFrom?: number): void =>
      send({ type: 'authenticate', token, ...(resumeFrom !== undefined && { resumeFrom }) }),
    eventFrames: (): Frame[] => frames.filter(({ type }) => type !== 'ready' && type !== 'error'),
  };
};
