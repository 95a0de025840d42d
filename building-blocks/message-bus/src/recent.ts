/** Remembers the last `capacity` ids. */
export const recentIds = (capacity: number) => {
  const ids = new Set<string>(); // in the order of insertion: the first is the oldest
  return {
    /** false when the id is remembered already */
    add: (id: string): boolean => {
      if (ids.has(id)) return false;
      if (ids.size >= capacity) ids.delete(ids.values().next().value as string);
      ids.add(id);
      return true;
    },
  };
};
