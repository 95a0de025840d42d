import type { Client } from '@elastic/elasticsearch';
import type { OrderView } from '@orderstream/contracts';
import { testAddress } from '@orderstream/testing';
import { indexOrders } from '../src/orders/index-orders.js';
import { toDocument } from '../src/orders/order-document.js';
import { type Index, type OrdersIndex, ordersIndex } from '../src/orders/orders-index.js';
import { connectElasticsearch } from '../src/search/elasticsearch.js';

/** For specs: an index of its own on the real server. */
export type TestSearch = {
  client: Client;
  index: OrdersIndex;
  indexOrders: ReturnType<typeof indexOrders>;
  /** creates an empty index behind the alias */
  makeIndex: () => Promise<Index>;
  /** refreshes the index, so that a search finds all documents */
  refresh: () => Promise<unknown>;
  drop: () => Promise<void>;
};

/** The document of an order, as Elasticsearch returns it. */
export const asStored = (order: OrderView): unknown => JSON.parse(JSON.stringify(toDocument(order)));

export const testSearch = (): TestSearch => {
  const client = connectElasticsearch(testAddress('TEST_ELASTICSEARCH_URL'));
  const prefix = `test-${process.pid}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-`;
  const index = ordersIndex(client, prefix);
  return {
    client,
    index,
    indexOrders: indexOrders(client, { index: index.alias, require_alias: true }),
    makeIndex: async () => {
      const made = await index.create();
      await index.switchTo(made);
      return made;
    },
    refresh: () => client.indices.refresh({ index: index.alias }),
    drop: async () => {
      await client.indices.delete({ index: [`${prefix}orders*`], expand_wildcards: 'all', ignore_unavailable: true });
      await client.indices.deleteIndexTemplate({ name: `${prefix}orders` }, { ignore: [404] });
      await client.close();
    },
  };
};
