import { HeddleError } from "../../errors.ts";
import { refuse } from "../check.ts";
import type { RunOptions } from "../options.ts";
import type { SessionWorker } from "../workers/session-worker.ts";
import { Job } from "./job.ts";

/**
 * The job that `given` names, which can have one more child.
 *
 * `find` knows the session's jobs.
 *
 * @throws {HeddleError} `INVALID_OPTION`, `UNKNOWN_JOB`, `JOB_SETTLED`, `MAX_DEPTH`, `MAX_CHILDREN`.
 */
export function parentOf(
  given: RunOptions["parent"],
  find: (id: string) => Job | undefined,
): Job | undefined {
  if (given === undefined) return undefined;
  const parent = typeof given === "string" ? find(given) : given;
  if (parent === undefined) {
    throw refusal("UNKNOWN_JOB", `the session has no job with the id "${given}"`);
  }
  if (!(parent instanceof Job)) refuse("parent", "a job of the session, or its id");
  // One that has ended may not be kept by its session any more.
  checkOpen(parent);
  if (find(parent.id) !== parent) {
    throw refusal("UNKNOWN_JOB", `job "${parent.id}" is not one of this session`);
  }
  checkRoom(parent);
  return parent;
}

/** @throws {HeddleError} `JOB_SETTLED`. */
export function checkOpen(parent: Job): void {
  if (parent.isSettled) throw refusal("JOB_SETTLED", `job "${parent.id}" has ended`);
}

/**
 * Refuses a child of `parent` on a worker that works on, or is to work on, what waits for `parent`: it would never have its turn.
 * A job waits for its children, and for what is ahead of it on its worker.
 *
 * @throws {HeddleError} `DEADLOCK`.
 */
export function checkTurn(worker: SessionWorker, parent: Job): void {
  const waitedFor = new Set(worker.jobs);
  // Grows meanwhile.
  for (const job of waitedFor) {
    if (job === parent) {
      const message = `worker "${worker.name}" has jobs that wait for the parent's end: a child behind them would never begin`;
      throw refusal("DEADLOCK", message);
    }
    for (const child of job.children.values()) waitedFor.add(child);
    for (const ahead of (job.worker as SessionWorker).jobsAhead(job)) waitedFor.add(ahead);
  }
}

function checkRoom({ id, children, levelsBelow, spec }: Job): void {
  if (levelsBelow < 1) {
    throw refusal("MAX_DEPTH", `job "${id}" is as deep as jobs may be nested (maxDepth)`);
  }
  const { maxChildren } = spec.settings;
  if (children.size < maxChildren) return;
  const message = `job "${id}" has ${children.size} open children, and maxChildren is ${maxChildren}`;
  throw refusal("MAX_CHILDREN", message, { maxChildren });
}

function refusal(
  code: "UNKNOWN_JOB" | "JOB_SETTLED" | "MAX_DEPTH" | "MAX_CHILDREN" | "DEADLOCK",
  message: string,
  details: { readonly maxChildren?: number } = {},
): HeddleError {
  return new HeddleError(code, message, { details: { field: "parent", ...details } });
}
