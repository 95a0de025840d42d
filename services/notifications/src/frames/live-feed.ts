import type { MessageBus } from '@orderstream/message-bus';
import type { Component } from '@orderstream/service-host';
import { outgoingFrame } from './outgoing-frame.js';
import type { Recipients } from './recipients.js';
import type { FrameStream } from './subjects.js';

type Deps = {
  bus: MessageBus;
  stream: FrameStream;
  recipients: Recipients;
  /**
   * called when frames were lost or their sequences begin again: frames from now on do not continue the earlier ones
   */
  onBreak: () => void;
};

/** The one subscription of this instance to all frames. */
export const liveFeed = ({ bus, stream, recipients, onBreak }: Deps): Component & { sequence(): number } => {
  let subscription: { sequence(): number; stop(): void } | undefined;
  return {
    name: 'live feed',
    start: async () => {
      subscription = await bus.subscribe({
        stream: stream.declaration.name,
        handle: ({ subject, ...message }) => recipients.dispatch(outgoingFrame({ ...message, path: stream.pathOf(subject) })),
        onBreak,
      });
    },
    stop: async () => subscription?.stop(),
    /** the last sequence that was dispatched */
    sequence: () => subscription?.sequence() ?? 0,
  };
};
