import { platform } from './platform.js';

/** Where redirects led to, and what was there; without a body when that is another site. */
export type Visit = { url: URL; status: number; headers: Headers; body: string };

type Cookie = { name: string; value: string; path: string; attributes: string[] };
type Fields = Record<string, string>;

const cookieOf = (header: string): Cookie => {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const [name = '', value = ''] = pair.split('=', 2);
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
  return { name, value, path, attributes };
};

const isOver = ({ attributes }: Cookie): boolean =>
  attributes.some((attribute) => /^expires=/i.test(attribute) && Date.parse(attribute.slice('expires='.length)) < Date.now());

const covers = (path: string, pathname: string): boolean =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);

/** A browser without scripts and without a screen: it keeps cookies, follows redirects and sends forms. */
export const userAgent = () => {
  const cookies = new Map<string, Cookie>();

  const send = async (url: URL, init: RequestInit = {}): Promise<Response> => {
    const sent = [...cookies.values()].filter(({ path }) => covers(path, url.pathname));
    const headers = new Headers(init.headers);
    if (!headers.has('accept')) headers.set('accept', 'text/html');
    if (sent.length > 0) headers.set('cookie', sent.map(({ name, value }) => `${name}=${value}`).join('; '));
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(30_000), ...init, headers });
    for (const cookie of answer.headers.getSetCookie().map(cookieOf)) {
      if (isOver(cookie)) cookies.delete(`${cookie.name} ${cookie.path}`);
      else cookies.set(`${cookie.name} ${cookie.path}`, cookie);
    }
    return answer;
  };

  const visit = async (start: URL, init?: RequestInit): Promise<Visit> => {
    let url = start;
    let answer = await send(url, init);
    for (let location = answer.headers.get('location'); location; location = answer.headers.get('location')) {
      url = new URL(location, url);
      await answer.body?.cancel();
      if (url.origin !== platform.gateway) return { url, status: answer.status, headers: answer.headers, body: '' };
      answer = await send(url);
    }
    return { url, status: answer.status, headers: answer.headers, body: await answer.text() };
  };

  return {
    /** one request, without following redirects */
    send: (path: string, init?: RequestInit): Promise<Response> => send(new URL(path, platform.gateway), init),
    open: (url: string | URL): Promise<Visit> => visit(new URL(url, platform.gateway)),
    /** sends the form of a page, with its hidden fields */
    submit: ({ url, body }: Visit, fields: Fields = {}): Promise<Visit> => {
      const action = /<form[^>]* action="([^"]+)"/.exec(body)?.[1];
      if (action === undefined) throw new Error(`there is no form at ${url}: ${body}`);
      const hidden = [...body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
      const form = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
      return visit(new URL(action.replaceAll('&amp;', '&'), url), { method: 'POST', body: form });
    },
    cookie: (name: string): Cookie | undefined => [...cookies.values()].find((cookie) => cookie.name === name),
    cookies: (): Cookie[] => [...cookies.values()],
  };
};
export type UserAgent = ReturnType<typeof userAgent>;
