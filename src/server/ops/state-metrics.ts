import type { GatewayInspection, Inspection, WorkerState } from "../../index.ts";
import type { Instruments } from "./instruments.ts";
import type { Meter } from "./meter.ts";

const THREADS = ["held", "lent", "spare", "executing", "stuck"] as const satisfies readonly Exclude<
  keyof Inspection["threads"],
  "max" | "waiting"
>[];
const WORKERS = [
  "idle",
  "working",
  "awaiting-confirmation",
  "cancelling",
  "restarting",
  "failed",
] as const satisfies readonly WorkerState[];
const GATEWAYS = [
  "starting",
  "ready",
  "down",
  "closed",
] as const satisfies readonly GatewayInspection["state"][];

/** What there is at the moment: threads, workers, gateways. */
export function stateMetrics(instruments: Instruments): Meter {
  const sessions = instruments.gauge("sessions", "Sessions that are open.");
  const workers = instruments.gauge(
    "workers",
    "Workers by state; parked: they hold no thread at the moment.",
    ["state", "parked"],
  );
  const queuedJobs = instruments.gauge(
    "worker_queued_jobs",
    "Jobs that wait for their worker to end an earlier one.",
  );
  const queuedMessages = instruments.gauge(
    "worker_queued_messages",
    "Messages that wait in workers' mailboxes.",
  );
  const threads = instruments.gauge(
    "threads",
    "Actor threads: held by workers, lent (beside those, while jobs wait for people or children), spare, executing actor code at this moment, and stuck (could not be ended, written off).",
    ["state"],
  );
  const threadsMax = instruments.gauge("threads_max", "How many threads workers may hold at once.");
  const waiting = instruments.gauge("jobs_waiting_for_thread", "Jobs that wait for a thread.");
  const gateways = instruments.gauge("gateways", "Gateway threads by state.", ["state"]);
  const calls = instruments.gauge("gateway_calls", "Model calls under way.", ["gateway"]);
  const keptJobs = instruments.gauge("jobs_kept", "Ended jobs that can still be read.");

  const countWorkers = (state: Inspection) => {
    const count = new Map<string, number>();
    for (const session of state.sessions)
      for (const { state, threadId } of session.workers) {
        const key = `${state} ${threadId === undefined}`;
        count.set(key, (count.get(key) ?? 0) + 1);
      }
    for (const state of WORKERS)
      for (const parked of ["true", "false"])
        workers.set({ state, parked }, count.get(`${state} ${parked}`) ?? 0);
  };
  return {
    onScrape: (state) => {
      const all = state.sessions.flatMap((session) => session.workers);
      sessions.set(state.sessions.length);
      countWorkers(state);
      queuedJobs.set(all.reduce((sum, worker) => sum + worker.queuedJobs, 0));
      queuedMessages.set(all.reduce((sum, worker) => sum + worker.queuedMessages, 0));
      keptJobs.set(state.sessions.reduce((sum, session) => sum + session.keptJobs, 0));
      for (const name of THREADS) threads.set({ state: name }, state.threads[name]);
      threadsMax.set(state.threads.max);
      waiting.set(state.threads.waiting);
      for (const name of GATEWAYS)
        gateways.set({ state: name }, state.gateways.filter((one) => one.state === name).length);
      for (const { name, calls: open } of state.gateways) calls.set({ gateway: name }, open);
    },
  };
}
