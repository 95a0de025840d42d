import { Invalid } from '@orderstream/contracts';

const key = /^[ -~]{1,255}$/;

/**
 * The `Idempotency-Key` of a request, undefined without one; 400 when it is not 1 to 255 printable ASCII characters.
 */
export const idempotencyKeyOf = (headers: Record<string, string | string[] | undefined>): string | undefined => {
  const value = headers['idempotency-key'];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && key.test(value)) return value;
  throw new Invalid('invalid-request', 'The header Idempotency-Key is invalid', {
    in: 'header',
    errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
  });
};
