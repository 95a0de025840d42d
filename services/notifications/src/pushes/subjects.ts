import type { StreamDeclaration } from '@orderstream/message-bus';

const hourMs = 3_600_000;

/** What the stream keeps, how long an event id is remembered, and the age beyond which an event is not pushed any more: one hour. */
export const keptMs = hourMs;

/**
 * The subjects of the pushes and the stream that keeps them.
 *
 * @param prefix put before every subject and the stream's name, so that a test is by itself on a shared server
 */
export const pushStream = (prefix = '') => {
  const declaration: StreamDeclaration = {
    name: `${prefix.replaceAll('.', '-')}notifications`,
    subjects: [`${prefix}customers.>`, `${prefix}stock.*`],
    maxAgeMs: keptMs,
    duplicateWindowMs: keptMs,
    maxBytes: 1024 * 1024 * 1024,
  };
  return {
    declaration,
    subjectOf: (path: string): string => prefix + path,
    pathOf: (subject: string): string => subject.slice(prefix.length),
    /** what concerns one customer */
    ofCustomer: (customerId: string): string => `${prefix}customers.${customerId}.>`,
    ofEveryCustomer: `${prefix}customers.>`,
  };
};
export type PushStream = ReturnType<typeof pushStream>;

/** The customer in `customers.<customerId>.…`; none in other paths. */
export const customerOf = (path: string): string | undefined => {
  const [kind, customerId] = path.split('.', 2);
  return kind === 'customers' ? customerId : undefined;
};
