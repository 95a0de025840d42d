import { type Client, errors } from '@elastic/elasticsearch';
import { available, once } from '../search/elasticsearch.js';
import { mappingVersion, orderMapping } from './order-document.js';

/**
 * An index by its name and its UUID in Elasticsearch: an index that is recreated or restored under the same name has
 * another UUID.
 */
export type Index = { name: string; uuid: string };

/** All reads and writes go through the alias. A rebuild fills another index and puts it behind the alias. */
export type OrdersIndex = {
  alias: string;
  /**
   * The indices behind the alias: one; none when it was lost; an index of the alias's own name when one was created by
   * hand.
   */
  current(): Promise<Index[]>;
  /** Checks whether orders can be read; rejects when not. */
  answers(): Promise<unknown>;
  /** Creates an empty index that is not read yet, and the template by which a write never creates an index. */
  create(): Promise<Index>;
  exists(index: Index): Promise<boolean>;
  /** Refreshes the index, and atomically puts it behind the alias in place of the present one. */
  switchTo(index: Index): Promise<void>;
  /** Removes the index, unless it is behind the alias. */
  remove(index: Pick<Index, 'name'>): Promise<void>;
  /** Removes every index that is not behind the alias. */
  removeOthers(): Promise<void>;
};

const settings = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' };

const noneWhenMissing = <Found extends object>(error: unknown): Found => {
  if (error instanceof errors.ResponseError && error.statusCode === 404) return {} as Found;
  throw error;
};

/**
 * Every call is one request without retries: its caller retries.
 *
 * @param prefix of every name: tests have their own
 */
export const ordersIndex = (client: Client, prefix = ''): OrdersIndex => {
  const alias = `${prefix}orders`;

  /** By index or alias. */
  const find = async (name: string): Promise<Index[]> => {
    const found = await client.indices
      .getSettings({ index: name, name: 'index.uuid' }, once)
      .catch(noneWhenMissing<Awaited<ReturnType<typeof client.indices.getSettings>>>);
    return Object.entries(found).map(([index, { settings }]) => ({ name: index, uuid: settings!.index!.uuid! }));
  };

  const remove = async ({ name }: Pick<Index, 'name'>): Promise<void> => {
    const isBehindAlias = (await find(alias)).some((index) => index.name === name);
    if (!isBehindAlias) await client.indices.delete({ index: name }, { ...once, ignore: [404] });
  };

  return {
    alias,
    current: () => available(() => find(alias)),
    answers: () => client.search({ index: alias, size: 0, terminate_after: 1 }, { requestTimeout: 1_000, maxRetries: 0 }),
    exists: ({ name, uuid }) => available(async () => (await find(name)).some((index) => index.uuid === uuid)),
    create: () =>
      available(async () => {
        await client.indices.putIndexTemplate(
          {
            name: alias,
            index_patterns: [alias, `${alias}-v*`],
            allow_auto_create: false,
            template: { settings, mappings: orderMapping },
          },
          once,
        );
        const name = `${alias}-v${mappingVersion}-${Date.now()}`;
        await client.indices.create({ index: name }, once);
        return (await find(name))[0]!;
      }),
    switchTo: ({ name }) =>
      available(async () => {
        await client.indices.refresh({ index: name }, once);
        const others = (await find(alias)).filter((index) => index.name !== name);
        await client.indices.updateAliases(
          {
            actions: [
              ...others.map((other) =>
                other.name === alias ? { remove_index: { index: alias } } : { remove: { index: other.name, alias } },
              ),
              { add: { index: name, alias } },
            ],
          },
          once,
        );
      }),
    remove: (index) => available(() => remove(index)),
    removeOthers: () =>
      available(async () => {
        const all = await client.indices.getAlias({ index: `${alias}-v*`, expand_wildcards: 'all' }, once);
        for (const name of Object.keys(all)) await remove({ name });
      }),
  };
};
