import type { MessageBus } from '@orderstream/message-bus';
import { eventsTotal } from '../metrics.js';
import { frameOf, isRecent, type PushedEvent } from './event-frames.js';
import { type FrameStream, keptMs } from './subjects.js';

type Deps = { bus: Pick<MessageBus, 'publishAll'>; stream: FrameStream; now: () => Date };

/** Publishes the frames of a batch of events. Safe to repeat. */
export const publishEvents =
  ({ bus, stream, now }: Deps) =>
  async (events: readonly PushedEvent[]): Promise<void> => {
    const at = now();
    const recent = events.filter((event) => isRecent(event, at, keptMs));
    await bus.publishAll(
      recent.flatMap((event) => {
        const addressed = frameOf(event);
        return addressed ? [{ id: event.id, subject: stream.subjectOf(addressed.path), payload: addressed.frame }] : [];
      }),
    );
    eventsTotal.inc({ outcome: 'published' }, recent.length);
    eventsTotal.inc({ outcome: 'too-old' }, events.length - recent.length);
  };
