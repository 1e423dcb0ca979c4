import type { Clock } from "../transport/clock.ts";
import { MAX_TIMER_MS, systemClock } from "../transport/clock.ts";

/** Time as the test has it, also fake. Its timers keep the process alive: here no thread does. */
export const inlineClock: Clock = {
  ...systemClock,
  setTimer(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    return { cancel: () => clearTimeout(timer) };
  },
};
