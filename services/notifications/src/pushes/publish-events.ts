import type { MessageBus } from '@orderstream/message-bus';
import { eventsHeard } from '../metrics.js';
import { frameOf, isRecent, type PushedEvent } from './frames.js';
import { keptMs, type PushStream } from './subjects.js';

type Deps = { bus: Pick<MessageBus, 'publishAll'>; stream: PushStream; now: () => Date };

/** Publishes what is to be pushed for a slice of events; safe to repeat. */
export const publishEvents =
  ({ bus, stream, now }: Deps) =>
  async (events: readonly PushedEvent[]): Promise<void> => {
    const at = now();
    const recent = events.filter((event) => isRecent(event, at, keptMs));
    await bus.publishAll(
      recent.map((event) => {
        const { path, frame } = frameOf(event);
        return { id: event.id, subject: stream.subjectOf(path), payload: frame };
      }),
    );
    eventsHeard.inc({ outcome: 'published' }, recent.length);
    eventsHeard.inc({ outcome: 'too-old' }, events.length - recent.length);
  };
