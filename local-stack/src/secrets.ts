/**
 * Passwords and keys of the local stack. This is the only place where secrets have defaults, because its servers listen
 * on 127.0.0.1 and hold demo data. Everywhere else secrets come from the environment.
 */
export const localSecrets = {
  postgresSuperuser: 'postgres-local',
  debezium: 'debezium-local',
  databaseOwner: (service: string) => `${service}-local`,
  oidcCookieKeys: 'local-cookie-key-that-is-not-a-secret',
};
