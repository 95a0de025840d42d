type Listener<Event> = (event: Event) => void;

/**
 * Typed listeners. One that throws does not keep the others, or the connection, from going on: its error is reported as
 * unhandled.
 */
export const listeners = <Events extends object>() => {
  const byName = new Map<keyof Events, Set<Listener<never>>>();
  return {
    on: <Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): (() => void) => {
      const set = byName.get(name) ?? new Set();
      byName.set(name, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    emit: <Name extends keyof Events>(name: Name, event: Events[Name]): void => {
      for (const listener of [...(byName.get(name) ?? [])]) {
        try {
          listener(event as never);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
};
