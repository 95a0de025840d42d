import { demoPassword } from '../src/demo/demo-users.js';
import type { Running } from './identity-process.js';

type Asked = { token?: string; body?: unknown };
export type Answer<Body> = { status: number; headers: Headers; body: Body };

/** For specs: the REST API of an instance. */
export const identityApi = ({ url }: Running) => {
  const ask = async <Body>(method: string, path: string, { token, body }: Asked = {}): Promise<Answer<Body>> => {
    const response = await fetch(`${url}/identity${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : undefined) as Body };
  };
  const askToken = async (fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/identity/oidc/token`, { method: 'POST', body: new URLSearchParams(fields), headers });
    return { status: response.status, body: (await response.json()) as { access_token: string; error?: string } };
  };
  const logIn = (username: string, password = demoPassword) =>
    askToken({ grant_type: 'password', client_id: 'cli', username, password, scope: 'openid' });
  const tokenOf = async (username: string, password = demoPassword): Promise<string> => {
    const { status, body } = await logIn(username, password);
    if (status !== 200) throw new Error(`${username} does not get in: ${body.error}`);
    return body.access_token;
  };
  return { ask, askToken, logIn, tokenOf };
};
export type IdentityApi = ReturnType<typeof identityApi>;
