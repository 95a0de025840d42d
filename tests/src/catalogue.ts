import { randomUUID } from 'node:crypto';
import type { ProductView, StockView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { count } from './databases.js';
import { api, expectStatus } from './http.js';
import { admin } from './people.js';

type Offer = { quantity: number; price?: number; currency?: string };

/** Adds a product for a test, and waits until it can be ordered. */
export const addProduct = async ({ quantity, price = 1_990, currency = 'EUR' }: Offer): Promise<ProductView> => {
  const { token } = await admin();
  const answer = await api<ProductView>('/products', {
    method: 'POST',
    token: await token(),
    body: { name: `E2E ${randomUUID()}`, price: { amount: price, currency }, quantity },
  });
  const product = expectStatus(answer, 201);
  await eventually(
    async () => {
      if ((await count('ordering', 'select from catalogue where product_id = $1', [product.id])) === 0)
        throw new Error(`product ${product.id} is not in ordering's catalogue`);
    },
    { timeoutMs: 30_000 },
  );
  return product;
};

export const stockOf = async (productId: string): Promise<StockView> =>
  expectStatus(await api<StockView>(`/products/${productId}/stock`), 200);
