type Listener<Event> = (event: Event) => void;

/** Typed listeners. An error of one is reported as unhandled, and affects neither the others nor the connection. */
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
