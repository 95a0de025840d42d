import { setTimeout as delay } from 'node:timers/promises';
import { type Client, errors } from '@elastic/elasticsearch';
import { type Component, currentLog, type Host, isTransient } from '@orderstream/service-host';
import { once, ping } from '../search/elasticsearch.js';
import { orderMapping } from './order-document.js';

/** Everybody reads and writes through the alias; a rebuild fills another index behind it. */
export type OrdersIndex = {
  alias: string;
  /** Makes sure, once, that the index is there with today's mapping. Safe to call before every write. */
  ensure(): Promise<void>;
  /** Something said that it is gone: `ensure` looks again. */
  forget(): void;
};

const settings = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' };

const isAlreadyThere = (error: unknown): boolean =>
  error instanceof errors.ResponseError && error.body?.error?.type === 'resource_already_exists_exception';

/**
 * @param prefix of every name: tests have their own
 */
export const ordersIndex = (client: Client, prefix = ''): OrdersIndex => {
  const alias = `${prefix}orders`;
  const index = `${alias}-v1`;
  let ensured: Promise<void> | undefined;

  const create = async (): Promise<void> => {
    await client.indices.putIndexTemplate(
      { name: alias, index_patterns: [`${alias}-v*`], template: { settings, mappings: orderMapping } },
      once,
    );
    if (await client.indices.existsAlias({ name: alias }, once)) {
      await client.indices.putMapping({ index: alias, ...orderMapping }, once); // fields that were added; any other change needs a new index
      return;
    }
    try {
      await client.indices.create({ index, aliases: { [alias]: { is_write_index: true } } }, once);
    } catch (error) {
      if (!isAlreadyThere(error)) throw error; // another instance was faster
    }
  };

  const forget = (): void => {
    ensured = undefined;
  };

  return {
    alias,
    forget,
    ensure: () => {
      ensured ??= create().catch((error) => {
        forget();
        throw error;
      });
      return ensured;
    },
  };
};

const retryMs = 500;

/** Ready while Elasticsearch answers and the index is there. The service starts without it, and waits. */
export const ordersIndexComponent = (client: Client, index: OrdersIndex): Component => {
  let there = false;

  const ensureAtLast = async (host: Host): Promise<void> => {
    while (!host.stopping.aborted) {
      try {
        await index.ensure();
        there = true;
        return;
      } catch (error) {
        if (!isTransient(error)) return host.fail(error);
        host.log.warn({ err: error }, 'Elasticsearch does not answer, trying again');
        await delay(retryMs, undefined, { signal: host.stopping }).catch(() => {});
      }
    }
  };

  return {
    name: 'elasticsearch',
    start: async (host) => {
      void ensureAtLast(host);
    },
    stop: () => client.close(),
    isReady: async () => {
      if (!there) return false;
      try {
        await ping(client);
        return true;
      } catch (error) {
        currentLog().debug({ err: error }, 'Elasticsearch does not answer');
        return false;
      }
    },
  };
};
