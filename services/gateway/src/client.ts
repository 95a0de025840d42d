import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

const first = (value: string | string[] | undefined): string => (Array.isArray(value) ? value.join(',') : (value ?? ''));

/**
 * The client's address. `X-Forwarded-For` is trusted only as far as our own proxies wrote it: with n of them, its n-th
 * entry from the right.
 */
export const clientAddress = ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, trustedProxies: number): string => {
  const direct = socket.remoteAddress ?? 'unknown';
  if (trustedProxies === 0) return direct;
  const forwarded = first(headers['x-forwarded-for'])
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return forwarded.at(-trustedProxies) ?? direct;
};

/** `http` or `https`, the scheme of the client's request. */
export const clientProtocol = ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, trustedProxies: number): string => {
  const forwarded = first(headers['x-forwarded-proto']).split(',')[0]?.trim();
  if (trustedProxies > 0 && (forwarded === 'http' || forwarded === 'https')) return forwarded;
  return (socket as TLSSocket).encrypted ? 'https' : 'http';
};
