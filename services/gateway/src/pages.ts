import { createHash } from 'node:crypto';
import { Unavailable } from '@orderstream/contracts';
import { HttpRefusal } from '@orderstream/http';
import type { Request, RequestHandler, Response } from 'express';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}
:root{color-scheme:light dark}`;

/** Allows this one style, by its hash, and almost nothing else. */
const policy = [
  `default-src 'none'`,
  `img-src data:`, // the empty icon
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

type Text = { title: string; text: string };
type Page = { title: string; body: string; refreshSeconds?: number | undefined };

/** A small page without scripts, which needs no other file. Its headers allow what it needs. */
export const page = ({ title, body, refreshSeconds }: Page): { html: Buffer; headers: Record<string, string> } => ({
  html: Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
${refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${refreshSeconds}">`}<title>${title}</title><style>${style}</style></head>
<body><h1>${title}</h1>${body}</body></html>
`),
  headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
});

/** What a visitor reads, by the code of a refusal. */
const texts: Record<string, Text> = {
  'platform-starting': { title: 'We are starting', text: 'The shop opens in a moment.' },
  'service-busy': { title: 'We are busy', text: 'Many people are here at the moment.' },
  'service-unreachable': { title: 'Not available right now', text: 'A part of the shop does not answer.' },
  'service-timeout': { title: 'This takes too long', text: 'A part of the shop did not answer in time.' },
};

const answerPage = (req: Request, res: Response, refusal: HttpRefusal | Unavailable, { title, text }: Text): void => {
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  const retryAfter = refusal.details.retryAfterSeconds;
  const whatNext = isRead && retryAfter ? 'This page tries again by itself.' : 'Please try again.';
  const { html, headers } = page({ title, body: `<p>${text} ${whatNext}</p>`, refreshSeconds: isRead ? retryAfter : undefined });
  if (retryAfter) res.setHeader('retry-after', retryAfter);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.setHeader('cache-control', 'no-store');
  res.setHeader('content-length', html.byteLength);
  res.statusCode = refusal instanceof HttpRefusal ? refusal.status : 503;
  res.locals.error = refusal; // for the log
  res.end(html);
};

/**
 * Answers a browser's visitor with a page instead of a problem document when a service is away or the platform is
 * starting. The page has the same status.
 */
export const withPages =
  (handler: RequestHandler): RequestHandler =>
  async (req, res, next) => {
    try {
      await handler(req, res, next);
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof HttpRefusal)) throw error;
      const text = texts[error.code];
      if (!text) throw error;
      res.vary('Accept');
      if (req.accepts(['application/problem+json', 'text/html']) !== 'text/html') throw error;
      answerPage(req, res, error, text);
    }
  };
