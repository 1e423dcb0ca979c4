import { checkFields } from "../check.ts";
import type { Job } from "../jobs/job.ts";
import type { WorkerOptions } from "../options.ts";

const FIELDS = [
  "name",
  "provider",
  "instructions",
  "model",
  "tools",
  "maxSteps",
  "context",
  "timeouts",
  "budget",
  "approvals",
  "permissions",
];

/** The options of a worker that a tool of `parent` runs. What it does not say is as with the parent's worker, but for tools and permissions: it has none. */
export function childWorker(parent: Job, worker: unknown): WorkerOptions {
  checkFields("worker", worker ?? null, FIELDS, "INVALID_INPUT");
  const { settings } = parent.spec;
  const { provider, model, approvals } = settings;
  return { provider, model, approvals, ...(worker as WorkerOptions) };
}
