import type { Problem } from '@orderstream/contracts';
import { api, ask, expectStatus } from './http.js';
import { platform, type Service } from './platform.js';

export type Response = {
  $ref?: string;
  content?: Record<string, { schema: { properties?: { code: { enum: string[] } } }; examples?: Record<string, { value: Problem }> }>;
};
export type Operation = {
  servers?: { url: string }[];
  'x-who': 'anyone' | 'visitor' | 'user' | 'shopper' | 'admin';
  security?: { accessToken?: string[] }[];
  responses: Record<string, Response>;
};
export type Document = {
  info: { title: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { responses?: Record<string, Response> };
};
export type DocumentedService = { name: Service; paths: string[]; document: Document };

/** The services behind the gateway, with their OpenAPI documents. */
export const documentedServices = async (): Promise<DocumentedService[]> => {
  const index = expectStatus(await api<{ services: { name: Service; paths: string[]; openapi: string }[] }>(''), 200);
  return Promise.all(
    index.services.map(async ({ name, paths, openapi }) => ({
      name,
      paths,
      document: expectStatus(await ask<Document>(platform.gateway + openapi), 200),
    })),
  );
};

export type DocumentedOperation = {
  service: Service;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /** where its path begins: at the gateway, or at the service for an internal one */
  base: string;
  who: Operation['x-who'];
  /** undefined when it needs no token */
  scope: string | undefined;
};

export const operationsOf = ({ name, document }: DocumentedService): DocumentedOperation[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { servers = document.servers, 'x-who': who, security }]) => ({
      service: name,
      method: method.toUpperCase() as DocumentedOperation['method'],
      path,
      base: servers[0]!.url === '/' ? platform.service(name) : platform.gateway + servers[0]!.url,
      who,
      scope: security?.find(({ accessToken }) => accessToken)?.accessToken?.[0],
    })),
  );
