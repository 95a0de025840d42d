import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { type Ask, ask, expectStatus } from './http.js';
import { platform } from './platform.js';

const folder = new URL('../../http/', import.meta.url);

/** The variables with an address, which depends on the stack. */
const addresses = { gateway: platform.gateway, psp: platform.provider, mailbox: platform.mailbox };

type FileRequest = {
  title: string;
  method: NonNullable<Ask['method']>;
  url: string;
  headers: [name: string, value: string][];
  body: string | undefined;
  status: number;
  /** whether something else has to happen first */
  soon: boolean;
  /** what to keep of the answer: the names of variables, with paths in its body */
  kept: [variable: string, path: string][];
};

/** Parses what follows `###`: a title, comments, a request line, headers, an empty line, a body. */
const requestOf = (text: string): FileRequest => {
  const [title = '', ...lines] = text.trim().split('\n');
  const [, status, soon, kept = ''] = lines.map((line) => /^# answers (\d+)( soon)?((?:; @\w+ = [\w.]+)*)$/.exec(line)).find(Boolean) ?? [];
  const request = lines.filter((line) => !line.startsWith('#'));
  const [method, url] = (request[0] ?? '').split(' ');
  const empty = request.indexOf('');
  const headers = request.slice(1, empty < 0 ? undefined : empty);
  if (!status || !method || !url) throw new Error(`not a request with "# answers": ${text}`);
  return {
    title: title.trim(),
    method: method as FileRequest['method'],
    url,
    headers: headers.map((line) => line.split(/: (.*)/) as [string, string]),
    body: empty < 0 ? undefined : request.slice(empty + 1).join('\n'),
    status: Number(status),
    soon: soon !== undefined,
    kept: [...kept.matchAll(/@(\w+) = ([\w.]+)/g)].map(([, variable, path]) => [variable!, path!]),
  };
};

const fileOf = (text: string) => {
  const [top = '', ...requests] = text.split(/^###/m);
  const variables = Object.fromEntries([...top.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [name!, value!]));
  return { variables: { ...variables, ...addresses } as Record<string, string>, requests: requests.map(requestOf) };
};

const memberOf = (body: unknown, path: string): string => {
  const member = path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);
  if (typeof member !== 'string') throw new Error(`there is no ${path} in ${JSON.stringify(body)}`);
  return member;
};

/** Both editors encode `Basic name password`. */
const encoded = (value: string): string =>
  value.replace(/^Basic (\S+) (\S+)$/, (_, user, secret) => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`);

const send = async ({ method, url, headers, body, status, kept }: FileRequest, variables: Record<string, string>): Promise<void> => {
  const filled = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name) => {
      if (variables[name] === undefined) throw new Error(`there is no variable ${name} at the top of the file`);
      return variables[name];
    });
  const answer = await ask(filled(url), {
    method,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), encoded(filled(value))])),
    ...(body !== undefined && { text: filled(body) }),
  });
  const received = expectStatus(answer, status);
  for (const [variable, path] of kept) {
    expect(variables, 'the variables at the top of the file').to.have.property(variable);
    variables[variable] = memberOf(received, path);
  }
};

describe('the request files', function () {
  this.timeout(120_000);

  for (const name of readdirSync(folder).filter((file) => file.endsWith('.http')))
    it(`are answered as http/${name} says`, async () => {
      const { variables, requests } = fileOf(readFileSync(new URL(name, folder), 'utf8'));
      for (const request of requests) {
        const answered = request.soon ? eventually(() => send(request, variables), { timeoutMs: 30_000 }) : send(request, variables);
        await answered.catch((cause) => {
          throw new Error(`${request.title}: ${cause.message}`, { cause });
        });
      }
    });
});
