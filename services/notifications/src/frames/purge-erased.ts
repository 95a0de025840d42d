import type { UserErased } from '@orderstream/contracts';
import type { MessageBus } from '@orderstream/message-bus';
import { isRecent } from './event-frames.js';
import { type FrameStream, keptMs } from './subjects.js';

type Deps = { bus: Pick<MessageBus, 'purge'>; stream: FrameStream; now: () => Date };

/**
 * Removes the frames of customers who deleted their accounts from the stream. Safe to repeat. Of an erasure before the
 * time that the stream keeps, nothing is left.
 */
export const purgeErased =
  ({ bus, stream, now }: Deps) =>
  async (events: readonly UserErased[]): Promise<void> => {
    const at = now();
    for (const event of events) {
      if (isRecent(event, at, keptMs)) await bus.purge({ stream: stream.declaration.name, filter: stream.ofCustomer(event.data.id) });
    }
  };
