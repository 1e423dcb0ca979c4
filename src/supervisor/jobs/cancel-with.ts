import { describe } from "../../errors.ts";
import type { Job } from "./job.ts";

/** Cancels the job when `signal` aborts: its reason becomes the job's. */
export function cancelWith(signal: AbortSignal | undefined, job: Job): void {
  if (!signal) return;
  const onAbort = () => void job.cancel(describe(signal.reason));
  // Not at once: whoever made the job gets it before it ends.
  if (signal.aborted) queueMicrotask(onAbort);
  signal.addEventListener("abort", onAbort, { once: true });
  job.onSettled(() => signal.removeEventListener("abort", onAbort));
}
