import type { MessageBus } from '@orderstream/message-bus';
import type { Component } from '@orderstream/service-host';
import { pushOf } from './push.js';
import type { Recipients } from './recipients.js';
import type { PushStream } from './subjects.js';

type Deps = {
  bus: MessageBus;
  stream: PushStream;
  recipients: Recipients;
  /** called when pushes were lost, or their sequences begin again: what a socket is sent from now on does not join what it was sent */
  onBreak: () => void;
};

/** This instance's one subscription to all pushes. */
export const liveFeed = ({ bus, stream, recipients, onBreak }: Deps): Component & { sequence(): number } => {
  let subscription: { sequence(): number; stop(): void } | undefined;
  return {
    name: 'live feed',
    start: async () => {
      subscription = await bus.subscribe({
        stream: stream.declaration.name,
        handle: ({ subject, ...message }) => recipients.dispatch(pushOf({ ...message, path: stream.pathOf(subject) })),
        onBreak,
      });
    },
    stop: async () => subscription?.stop(),
    /** the last sequence that was dispatched */
    sequence: () => subscription?.sequence() ?? 0,
  };
};
