import { pause } from './interrupt.js';
import { limits } from './plan.js';
import { inTime, urlOf } from './stack.js';

/** The shopper, the products and the gateway of the bench. */
export type Shop = { offset: number; token: string; productIds: string[] };

export const orderOf = (productIds: string[]) => ({
  lines: productIds.map((productId) => ({ productId, quantity: 1 })),
  address: { fullName: 'Alice Example', street: 'Hauptstraße 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
  paymentMethod: 'tok_approved',
});

/** Adds 20 products with plenty of stock, and waits until they can be ordered. */
export const openShop = async (offset: number): Promise<Shop> => {
  const { gateway } = urlOf(offset);
  const admin = await login(gateway, 'admin@example.com');
  const productIds: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const product = { name: `Bench ${n}`, price: { amount: 1000 + n, currency: 'EUR' }, quantity: 1_000_000 };
    const answer = await post(`${gateway}/api/products`, admin, product);
    if (answer.status !== 201) throw new Error(`no product to order: ${answer.status} ${await answer.text()}`);
    productIds.push(((await answer.json()) as { id: string }).id);
  }
  const token = await login(gateway, 'alice@example.com');
  for (const deadline = Date.now() + limits.catalogue * 1_000; ; await pause(100)) {
    const answer = await post(`${gateway}/api/orders`, token, orderOf(productIds));
    if (answer.status === 201) return { offset, token, productIds };
    if (Date.now() > deadline)
      throw new Error(`the products are not in ordering's catalogue after ${limits.catalogue} s: ${await answer.text()}`);
  }
};

const login = async (gateway: string, username: string): Promise<string> => {
  const answer = await requestToken(gateway, username);
  return ((await answer.json()) as { access_token: string }).access_token;
};

export const requestToken = (gateway: string, username: string): Promise<Response> => {
  const body = new URLSearchParams({ grant_type: 'password', client_id: 'cli', username, password: 'Pass123$', scope: 'openid' });
  return fetch(`${gateway}/api/identity/oidc/token`, { method: 'POST', body, signal: inTime() });
};

const post = (url: string, token: string, body: unknown): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
    signal: inTime(),
  });
