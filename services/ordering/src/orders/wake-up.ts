/**
 * A wake-up signal: resolves a wait at the earliest time that was set. It measures spans of monotonic time, so clock
 * changes do not matter.
 */
export type WakeUp = {
  /** @param inMs from now; a time later than the one already set changes nothing */
  set(inMs: number): void;
  /** Resolves at the time set, after `atMostMs`, or when `signal` is aborted, whichever is first. */
  wait(atMostMs: number, signal: AbortSignal): Promise<void>;
};

export const wakeUp = (): WakeUp => {
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
