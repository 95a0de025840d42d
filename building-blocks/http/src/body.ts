import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Route } from './api.js';
import { bodyErrors, HttpRefusal } from './problem.js';
import { unsupportedMediaType } from './refusals.js';
import { hasBody } from './request-syntax.js';

const mediaTypeOf = ({ headers }: Request): string => (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
const isJson = (type: string): boolean => type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type);

const maxDepth = 50;

/**
 * Refuses half of a surrogate pair, written as an escape: it is valid JSON, but Postgres would refuse it later. Refuses
 * deep nesting too.
 */
const wellFormed = (value: unknown): unknown => {
  if (illFormed(value, 0)) throw new HttpRefusal(400, 'malformed-json', 'The body has text that is not Unicode, or is nested too deeply');
  return value;
};

const illFormed = (value: unknown, depth: number): boolean => {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return depth === maxDepth || Object.entries(value).some(([name, member]) => illFormed(name, depth) || illFormed(member, depth + 1));
};

/**
 * Checks the size while the body arrives: the parser reports a body that is too large only at its end, which may never
 * come.
 */
const read = (reader: RequestHandler, limit: number, req: Request, res: Response): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const declared = req.headers['content-length'];
    if (Number(declared ?? 0) > limit) throw bodyErrors['entity.too.large']!();
    let bytes = 0;
    if (declared === undefined) {
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limit) reject(bodyErrors['entity.too.large']!());
      });
    }
    reader(req, res, (error?: unknown) => (error ? reject(error) : resolve(req.body)));
  });

export type BodyReader = (req: Request, res: Response) => Promise<unknown>;

/**
 * Reads a route's body: JSON, bytes, or nothing. A body that is to be JSON and has another media type is a 415, a
 * missing one `undefined`.
 */
export const bodyReader = ({ body, upload }: Pick<Route, 'body' | 'upload'>, limit: number): BodyReader => {
  if (upload) {
    const raw = express.raw({ type: () => true, limit: upload.maxBytes });
    return async (req, res) => (hasBody(req) ? read(raw, upload.maxBytes, req, res) : Buffer.alloc(0));
  }
  if (!body) return async () => undefined;
  const json = express.json({ type: () => true, limit, strict: false });
  return async (req, res) => {
    if (!hasBody(req)) return undefined;
    if (!isJson(mediaTypeOf(req))) throw unsupportedMediaType();
    return wellFormed(await read(json, limit, req, res));
  };
};
