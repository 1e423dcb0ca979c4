import type { SessionEvent } from "../session-event.ts";
import type { Job } from "./job.ts";

/** Tells `tell` of a job that was to stop, once it has, and how long that took. One that had ended by then is not told of. */
export function tellOfStop(job: Job, tell: (event: SessionEvent) => void): void {
  const { clock } = job.spec.runtime;
  job.onStopped(() => {
    if (job.isSettled) return;
    const startMs = clock.monotonicMs();
    job.onSettled(() => {
      const { id: jobId, worker, how } = job;
      const afterMs = clock.monotonicMs() - startMs;
      tell({ type: "job-stopped", jobId, workerId: worker.id, how, afterMs });
    });
  });
}
