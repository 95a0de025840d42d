/** Wakes the one who waits for it at the earliest of the times that it was set to. It measures spans, so no clock can mislead it. */
export type Alarm = {
  /** @param inMs from now; a later time than one already set changes nothing */
  set(inMs: number): void;
  /** Resolves at the time set, after `atMostMs`, or when `signal` is aborted, whichever is first. */
  wait(atMostMs: number, signal: AbortSignal): Promise<void>;
};

export const alarm = (): Alarm => {
  let setTo = Number.POSITIVE_INFINITY;
  let rearm: (() => void) | undefined;
  return {
    set: (inMs) => {
      const time = performance.now() + inMs;
      if (time >= setTo) return;
      setTo = time;
      rearm?.();
    },
    wait: (atMostMs, signal) =>
      new Promise((resolve) => {
        const latest = performance.now() + atMostMs;
        let timeout: NodeJS.Timeout | undefined;
        const wake = () => {
          clearTimeout(timeout);
          signal.removeEventListener('abort', wake);
          rearm = undefined;
          setTo = Number.POSITIVE_INFINITY;
          resolve();
        };
        rearm = () => {
          clearTimeout(timeout);
          timeout = setTimeout(wake, Math.max(0, Math.ceil(Math.min(setTo, latest) - performance.now())));
        };
        signal.addEventListener('abort', wake);
        if (signal.aborted) wake();
        else rearm();
      }),
  };
};
