import type { Client, estypes } from '@elastic/elasticsearch';
import { isElasticsearchOutage } from '@orderstream/async';
import { type OrderEventData, Unavailable } from '@orderstream/contracts';
import { available, once } from '../search/elasticsearch.js';
import { toDocument } from './order-document.js';

/** An order after an event, and its version. */
export type OrderVersion = { order: OrderEventData; version: number };

/** Documents that the index refuses, however often they are sent. All others of the batch are stored. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';
}

const newestOfEach = (versions: readonly OrderVersion[]): OrderVersion[] => {
  const newest = new Map<string, OrderVersion>();
  for (const candidate of versions) {
    const known = newest.get(candidate.order.id);
    if (!known || known.version < candidate.version) newest.set(candidate.order.id, candidate);
  }
  return [...newest.values()];
};

type Outcome = 'stored' | 'outage' | 'refused';

export const outcomeOf = ({ status, error }: Pick<estypes.BulkResponseItem, 'status' | 'error'>): Outcome => {
  if (status < 300) return 'stored';
  if (error?.type === 'version_conflict_engine_exception') return 'stored'; // the index has a newer version, or the same
  return isElasticsearchOutage(status, error) ? 'outage' : 'refused';
};

const describe = ({ _id, status, error }: estypes.BulkResponseItem): string =>
  `order ${_id}: ${status} ${error?.type}: ${error?.reason}${error?.caused_by?.reason ? ` (${error.caused_by.reason})` : ''}`;

/**
 * Stores orders under their versions with one bulk request; a repeat or an older version changes nothing. It sends only
 * the newest version of each order, and resolves when every document is stored.
 *
 * It runs inside a transaction, so it gives up before the database ends that for idling (5 s), and leaves retries to
 * its caller.
 *
 * @param target the alias that all consumers write through, or the index that a rebuild fills; a write never creates an
 *   index
 * @throws Unavailable when a retry may succeed, DocumentRefused with the documents that will never be accepted
 */
export const indexOrders =
  (client: Client, target: { index: string; require_alias: boolean }) =>
  async (versions: readonly OrderVersion[]): Promise<void> => {
    if (versions.length === 0) return;
    const operations = newestOfEach(versions).flatMap(({ order, version }) => [
      { index: { _id: order.id, version, version_type: 'external' as const } },
      toDocument(order),
    ]);
    const { items } = await available(() => client.bulk({ ...target, operations }, once));
    const results = items.map(({ index: item }) => item!);
    const of = (outcome: Outcome) => results.filter((item) => outcomeOf(item) === outcome);

    const away = of('outage');
    if (away[0]) throw new Unavailable('search-unavailable', `Elasticsearch could not store ${away.length} orders: ${describe(away[0])}`);
    const refused = of('refused');
    if (refused.length > 0) throw new DocumentRefused(refused.map(describe).join('; '));
  };
