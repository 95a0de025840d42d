import { Client } from '@elastic/elasticsearch';
import { isTimeout, isTransient } from '@orderstream/async';
import { Unavailable } from '@orderstream/contracts';
import type { Component } from '@orderstream/service-host';

/** A client that gives up in time: 5 s for an attempt, three more attempts. */
export const connectElasticsearch = (url: string): Client =>
  new Client({ node: url, requestTimeout: 5_000, maxRetries: 3, compression: false });

/**
 * For a request that somebody waits for: three more attempts within a second, rather than in seven as the client would
 * by itself.
 */
export const retrySoon = { retryBackoff: (_min: number, _max: number, attempt: number): number => Math.random() * 0.1 * 2 ** attempt };

/** For a request whose caller tries again by itself, and has its transaction open. */
export const once = { requestTimeout: 4_000, maxRetries: 0 };

/**
 * Asks for the cluster's health, not for `/`, which Elasticsearch's minimal distribution does not have.
 *
 * @throws when Elasticsearch does not answer within a second
 */
export const ping = async (client: Client): Promise<void> => {
  await client.cluster.health({}, { requestTimeout: 1_000, maxRetries: 0 });
};

/** Ready while Elasticsearch answers; the service starts without it. */
export const elasticsearch = (client: Client): Component => ({
  name: 'elasticsearch',
  start: async () => {},
  stop: () => client.close(),
  isReady: async () => {
    await ping(client);
    return true;
  },
});

/**
 * Runs a request; what is not the request's fault is thrown as `Unavailable`, for the same request may succeed later.
 * That goes for its timeout too: no document takes long, a server does, so a consumer waits for it and does not suspect
 * the message.
 */
export const available = async <Result>(request: () => Promise<Result>): Promise<Result> => {
  try {
    return await request();
  } catch (error) {
    if (!isTransient(error)) throw error;
    const options = isTimeout(error) ? {} : { cause: error };
    const reason = isTimeout(error) ? 'in time' : 'as it should';
    throw new Unavailable('search-unavailable', `Elasticsearch does not answer ${reason}`, { retryAfterSeconds: 1 }, options);
  }
};
