import { Client } from '@elastic/elasticsearch';
import { isTimeout, isTransient } from '@orderstream/async';
import { Unavailable } from '@orderstream/contracts';
import type { Component } from '@orderstream/service-host';

/** A client with limits: 5 s for an attempt, three retries. */
export const connectElasticsearch = (url: string): Client =>
  new Client({ node: url, requestTimeout: 5_000, maxRetries: 3, compression: false });

/** For a request with a waiting user: three retries within a second, not within seven as the client would take. */
export const retrySoon = { retryBackoff: (_min: number, _max: number, attempt: number): number => Math.random() * 0.1 * 2 ** attempt };

/** For a request whose caller retries, and holds a transaction open. */
export const once = { requestTimeout: 4_000, maxRetries: 0 };

/**
 * Requests the cluster's health, because Elasticsearch's minimal distribution does not serve `/`.
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
 * Runs a request, and throws `Unavailable` for an error that is not the request's fault, because a retry may succeed.
 * That includes a timeout: documents are never slow, only the server is, so a consumer waits for it and does not test
 * the message for poison.
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
