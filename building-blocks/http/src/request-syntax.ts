import type { IncomingMessage } from 'node:http';
import { malformedRequest } from './refusals.js';

const originForm = /^\/[^\s#]*$/;
const absoluteForm = /^https?:\/\/([^\s/?#@\\]+)(\/[^\s?#]*)?(\?[^\s#]*)?$/i;
const authority = /^[^\s/?#@\\,]*$/;

/**
 * Refuses requests that two HTTP parsers could read differently, and that Node's parser accepts: a transfer coding
 * other than `chunked`, chunks in HTTP/1.0, two hosts, an invalid target. Afterwards `url` is in origin form (`*` for
 * `OPTIONS *`), and `headers.host` is the requested authority, so that all code decides by the same values.
 *
 * @throws HttpRefusal (400, and the connection is closed)
 * @see RFC 9112, 3.2 (request target), 6.1 (transfer codings)
 */
export const checkSyntax = (req: IncomingMessage): void => {
  const coding = req.headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || req.httpVersion !== '1.1')) {
    throw malformedRequest('A body needs a length or the transfer coding chunked');
  }
  if (hosts(req.rawHeaders) > 1 || !authority.test(req.headers.host ?? '')) throw malformedRequest('The request must name one host');
  const target = req.url ?? '';
  if (originForm.test(target)) return;
  if (target === '*' && req.method === 'OPTIONS') return;
  const [absolute, host, path, query = ''] = absoluteForm.exec(target) ?? [];
  if (absolute === undefined) throw malformedRequest('The target of the request is not valid');
  req.headers.host = host;
  req.url = path === undefined && query === '' && req.method === 'OPTIONS' ? '*' : `${path ?? '/'}${query}`;
};

const hosts = (rawHeaders: readonly string[]): number => {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
};

/** Whether a request declares a body. Node has then parsed it as one. */
export const hasBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
