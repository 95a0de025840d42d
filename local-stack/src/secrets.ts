/**
 * Passwords and keys of the local stack, the only place where secrets have defaults: its servers listen on 127.0.0.1
 * and hold demo data. Everything else gets its secrets by environment.
 */
export const localSecrets = {
  postgresSuperuser: 'postgres-local',
  debezium: 'debezium-local',
  databaseOwner: (service: string) => `${service}-local`,
  oidcCookieKeys: 'local-cookie-key-that-is-not-a-secret',
};
