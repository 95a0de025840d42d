import type { StreamDeclaration } from '@orderstream/message-bus';

const hourMs = 3_600_000;

/** One hour: how long the stream keeps frames and remembers event ids. Older events are not published. */
export const keptMs = hourMs;

/**
 * The subjects of the frames, and the stream that keeps them.
 *
 * @param prefix of every subject and of the stream's name, so that tests on a shared server do not collide
 */
export const frameStream = (prefix = '') => {
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
    /** the frames of one customer */
    ofCustomer: (customerId: string): string => `${prefix}customers.${customerId}.>`,
    ofEveryCustomer: `${prefix}customers.>`,
  };
};
export type FrameStream = ReturnType<typeof frameStream>;

/** The customer in `customers.<customerId>.…`; none in other paths. */
export const customerOf = (path: string): string | undefined => {
  const [kind, customerId] = path.split('.', 2);
  return kind === 'customers' ? customerId : undefined;
};
