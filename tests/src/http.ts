import { platform } from './platform.js';

export type Answer<Body = unknown> = { status: number; headers: Headers; body: Body };

export type Ask = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  token?: string | undefined;
  body?: unknown;
  /** sent unchanged, instead of `body` */
  text?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
};

/** Sends one request and returns its answer of any status; a body that is not JSON is returned as text. */
export const ask = async <Body>(
  url: string,
  { method = 'GET', token, body, text, headers, timeoutMs = 30_000 }: Ask = {},
): Promise<Answer<Body>> => {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method,
    headers: {
      ...(sent !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    signal: AbortSignal.timeout(timeoutMs),
    ...(sent !== undefined && { body: sent }),
  });
  return { status: response.status, headers: response.headers, body: parsed(await response.text()) as Body };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text || undefined;
  }
};

/** A request to the public API: `api('/orders', …)` is `/api/orders` at the gateway. */
export const api = <Body>(path: string, request?: Ask): Promise<Answer<Body>> => ask<Body>(`${platform.gateway}/api${path}`, request);

/** @throws Error with the answer when its status is not the expected one */
export const expectStatus = <Body>(answer: Answer<Body>, status: number): Body => {
  if (answer.status !== status) throw new Error(`expected ${status}, was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
