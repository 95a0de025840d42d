const offset = Number(process.env.PORT_OFFSET || 0);
const local = (protocol: string, port: number): string => `${protocol}://127.0.0.1:${port + offset}`;

/** Passwords of the local stack, which are no secret: it listens on 127.0.0.1 and holds demo data. */
const postgres = (user: string, password: string, database: string): string =>
  `postgres://${user}:${password}@127.0.0.1:${15432 + offset}/${database}`;

export type Service = 'identity' | 'products' | 'basket' | 'ordering' | 'payment' | 'reports' | 'notifications';
export type DatabaseName = Exclude<Service, 'notifications'>;

const servicePorts: Record<Service, number> = {
  identity: 3001,
  products: 3002,
  basket: 3009,
  ordering: 3003,
  payment: 3004,
  reports: 3006,
  notifications: 3007,
};

/** The addresses of the platform under test. `PORT_OFFSET` and `ORDERSTREAM_STATE_DIR` are those of its local stack. */
export const platform = {
  gateway: local('http', 8080),
  webSocket: `${local('ws', 8080)}/ws`,
  issuer: `${local('http', 8080)}/api/identity/oidc`,
  audience: 'urn:orderstream:api',
  /** a service's own port, for routes that are not public: dead letters, metrics */
  service: (name: Service): string => local('http', servicePorts[name]),
  provider: local('http', 3005),
  mailbox: local('http', 3008),
  control: local('http', 3090),
  connect: local('http', 18083),
  elasticsearch: local('http', 19200),
  kafka: [`127.0.0.1:${19092 + offset}`],
  database: (name: DatabaseName): string => postgres(name, `${name}-local`, name),
  superuser: (name: string): string => postgres('postgres', 'postgres-local', name),
  /** where its servers and services keep their logs and data */
  state: process.env.ORDERSTREAM_STATE_DIR || '.orderstream',
};
