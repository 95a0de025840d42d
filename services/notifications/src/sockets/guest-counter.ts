/** Counts the guests of each address, and lets in at most so many at a time. */
export const guestCounter = (mostPerAddress: number) => {
  const counts = new Map<string, number>();
  return {
    from: (address: string) => ({
      enter: (): boolean => {
        const count = counts.get(address) ?? 0;
        if (count >= mostPerAddress) return false;
        counts.set(address, count + 1);
        return true;
      },
      leave: (): void => {
        const count = counts.get(address) ?? 0;
        if (count > 1) counts.set(address, count - 1);
        else counts.delete(address);
      },
    }),
  };
};
