import { BasketView, Unavailable } from '@orderstream/contracts';
import { currentContext, currentLog } from '@orderstream/service-host';

export type GetBasket = ReturnType<typeof basketClient>;

const timeoutMs = 2_000;

/**
 * Gets the basket of the shopper whose access token this is.
 *
 * @returns a refusal when basket does not answer, for the request may be a repeat that needs no basket
 */
export const basketClient =
  ({ url }: { url: string }) =>
  async (authorization: string): Promise<BasketView | Unavailable> => {
    const context = currentContext();
    try {
      const answer = await fetch(`${url}/basket`, {
        headers: { authorization, ...(context && { 'x-correlation-id': context.correlationId, traceparent: context.traceparent }) },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!answer.ok) throw new Error(`basket answered ${answer.status}`);
      return BasketView.parse(await answer.json());
    } catch (error) {
      currentLog().warn({ err: error }, 'basket not read');
      return basketUnavailable();
    }
  };

export const basketUnavailable = (): Unavailable =>
  new Unavailable('basket-unavailable', 'The basket cannot be read at present', { retryAfterSeconds: 1 });
