import { HeddleError } from "../../errors.ts";
import type { JobEvent } from "../../protocol/job.ts";
import type { WorkerHost } from "../host.ts";
import type { Job } from "../jobs/job.ts";

/** Tells `host` what happens to `job`, event by event, at the pace at which it takes it. Never rejects. */
export async function pumpToHost(job: Job, host: WorkerHost): Promise<void> {
  try {
    for await (const event of job.events()) await tell(job, host, event);
    await host.workerStateChange?.(job.worker.id, job.worker.state);
  } catch (cause) {
    job.fail(new HeddleError("HOST_FAILED", "the job's host has thrown", { cause }));
  }
}

function tell(job: Job, host: WorkerHost, event: JobEvent): void | Promise<void> {
  if (event.type === "chunk") return host.responseChunkReceived?.(job.worker.id, event.chunk);
  if (event.type === "state") return host.workerStateChange?.(job.worker.id, event.state);
}
