/**
 * Pinned here and in maven/, nats-requirements.txt, checksums.sha256 and package.json; a change here creates a new
 * folder in the cache.
 */
export const versions = {
  kafka: '4.3.1',
  debezium: '3.7.0.Final',
  elasticsearch: '8.19.21',
  nats: '2.15.1',
  postgres: '18.4.0-beta.17',
};
