/** The error that Elasticsearch reports for a failed request, or for one document of a bulk request. */
export type ElasticsearchFailure = { type?: unknown; root_cause?: unknown };

/**
 * Error types that are about the state of the cluster or the index, not about the request. The status is no help: a
 * block is a 403, a 429 or a 503, a closed index a 400.
 *
 * @see
 *   https://github.com/elastic/elasticsearch/blob/8.19/server/src/main/java/org/elasticsearch/ElasticsearchException.java
 */
const outageTypes = new Set([
  // reading or writing is blocked: a full disk, an operator's block, a missing permission, a closed index
  'cluster_block_exception',
  'index_closed_exception',
  'security_exception',
  // the index, shard or search does not exist (yet), or was lost with a node
  'index_not_found_exception',
  'search_context_missing_exception',
  'shard_not_found_exception',
  'unavailable_shards_exception',
  'no_shard_available_action_exception',
  'illegal_index_shard_state_exception',
  'index_shard_closed_exception',
  'index_shard_recovering_exception',
  'index_shard_not_started_exception',
  'index_shard_not_recovering_exception',
  'index_primary_shard_not_allocated_exception',
  'retry_on_primary_exception',
  'retry_on_replica_exception',
  // no resources
  'es_rejected_execution_exception',
  'circuit_breaking_exception',
  'too_many_scroll_contexts_exception',
  // no master, or no answer in time
  'master_not_discovered_exception',
  'not_master_exception',
  'failed_to_commit_cluster_state_exception',
  'process_cluster_event_timeout_exception',
  'timeout_exception',
  'receive_timeout_transport_exception',
  'node_closed_exception',
  'node_not_connected_exception',
  'node_disconnected_exception',
  'connect_transport_exception',
  'snapshot_in_progress_exception',
]);

const typesOf = (failure: unknown): unknown[] => {
  const { type, root_cause: causes } = (failure ?? {}) as ElasticsearchFailure;
  return [type, ...(Array.isArray(causes) ? causes.map((cause) => (cause as ElasticsearchFailure | undefined)?.type) : [])];
};

/**
 * Whether the same request, or the same document of a bulk request, may succeed later. All other errors are the fault
 * of the request: a document that the mapping refuses or that is too large, a query that is not valid.
 */
export const isElasticsearchOutage = (status: unknown, failure: unknown): boolean =>
  status === 429 || (typeof status === 'number' && status >= 500) || typesOf(failure).some((type) => outageTypes.has(String(type)));
