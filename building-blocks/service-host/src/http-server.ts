import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Router } from 'express';
import type { Api } from './api.js';
import type { Authenticator } from './authenticator.js';
import type { Component } from './component.js';

export type HttpServerOptions = {
  port: number;
  host?: string;
  /** where `openapi.json` and `reference` live, e.g. `/orders` */
  basePath: string;
  title?: string;
  apis: readonly Api[];
  /** routers of others' making, after the apis; their bodies are not parsed for them */
  routers?: readonly Router[];
  auth?: Authenticator;
  /** most bytes of a JSON body (1 MB) */
  bodyLimit?: number;
  onUpgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

export type HttpServer = Component & { server: Server };

export declare const httpServer: (options: HttpServerOptions) => HttpServer;
