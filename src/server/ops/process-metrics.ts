import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Instruments } from "./instruments.ts";
import type { Meter } from "./meter.ts";

const RESOLUTION_MS = 10;

/** The thread that everything goes through, and the process around it. */
export function processMetrics(instruments: Instruments): Meter {
  const delay = instruments.gauge(
    "event_loop_delay_seconds",
    "How late timers of the supervisor's thread were since the figures were last read.",
    ["stat"],
  );
  const memory = instruments.gauge(
    "process_resident_memory_bytes",
    "Resident memory of the whole process, all its threads included.",
  );
  const cpu = instruments.counter(
    "process_cpu_seconds_total",
    "CPU time of the whole process, all its threads included.",
  );
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  let countedSeconds = 0;
  // What is recorded is the time between two turns of a timer, its interval included.
  const late = (nanoseconds: number) =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1_000) : 0;
  return {
    onScrape: () => {
      const isEmpty = loop.count === 0;
      delay.set({ stat: "p50" }, isEmpty ? 0 : late(loop.percentile(50)));
      delay.set({ stat: "p99" }, isEmpty ? 0 : late(loop.percentile(99)));
      delay.set({ stat: "max" }, isEmpty ? 0 : late(loop.max));
      loop.reset();
      memory.set(process.memoryUsage.rss());
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      cpu.inc(seconds - countedSeconds);
      countedSeconds = seconds;
    },
    close: () => loop.disable(),
  };
}
