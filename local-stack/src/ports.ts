/** Every port of a stack, all on 127.0.0.1. A second stack on the same machine uses an offset. */
const basePorts = {
  gateway: 8080,
  identity: 3001,
  products: 3002,
  ordering: 3003,
  payment: 3004,
  psp: 3005,
  reports: 3006,
  notifications: 3007,
  mailbox: 3008,
  basket: 3009,
  smtp: 2525,
  status: 3090,
  postgres: 15432,
  kafka: 19092,
  kafkaController: 19093,
  connect: 18083,
  elasticsearch: 19200,
  elasticsearchTransport: 19300,
  nats: 14222,
  natsMonitor: 18222,
};

export type PortName = keyof typeof basePorts;
export type Ports = Record<PortName, number>;

export const serverPorts: PortName[] = [
  'postgres',
  'kafka',
  'kafkaController',
  'connect',
  'elasticsearch',
  'elasticsearchTransport',
  'nats',
  'natsMonitor',
  'status',
];

/** @throws RangeError when the offset is not a whole number, or moves a port out of range */
export const portsAt = (offset: number): Ports => {
  const highest = 65_535 - Math.max(...Object.values(basePorts));
  if (!Number.isInteger(offset) || offset < 0 || offset > highest)
    throw new RangeError(`PORT_OFFSET must be a whole number from 0 to ${highest}, got ${offset}`);
  return Object.fromEntries(Object.entries(basePorts).map(([name, port]) => [name, port + offset])) as Ports;
};
