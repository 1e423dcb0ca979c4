/** Time as a thing to pass in, so that a test can own it. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls `run` once, `ms` from now. A timer never keeps the process alive. */
  setTimer(ms: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The longest time a timer can hold: Node fires a longer one after 1 ms. */
export const MAX_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
