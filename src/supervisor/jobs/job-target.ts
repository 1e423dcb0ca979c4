import { HeddleError } from "../../errors.ts";
import type { BehaviorOptions } from "../behaviors/behavior-settings.ts";
import { isBehavior } from "../behaviors/behavior-settings.ts";
import type { Worker } from "../handles.ts";
import type { Fallback, WorkerOptions } from "../options.ts";
import type { FallbackProvider } from "../workers/provider-choice.ts";
import { chooseProvider, fallbackProviders } from "../workers/provider-choice.ts";
import { SessionWorker } from "../workers/session-worker.ts";
import { checkWorkerOptions } from "../workers/worker-settings.ts";

export function isWorker(target: unknown): target is Worker {
  return typeof target === "object" && target !== null && "state$" in target;
}

/** @throws {HeddleError} `NOT_AN_AGENT`. */
export function checkAgent(options: WorkerOptions | BehaviorOptions): WorkerOptions {
  if (isBehavior(options)) throw notAnAgent();
  return options;
}

/**
 * Checks that `target` can be given a job.
 *
 * @throws {HeddleError} `NOT_AN_AGENT`, `WORKER_STOPPED`, `UNKNOWN_WORKER`, `WORKER_FAILED`.
 */
export function checkTarget(
  target: Worker,
  workers: ReadonlyMap<string, unknown>,
): asserts target is SessionWorker {
  if ("ask" in target) throw notAnAgent();
  const isAgent = target instanceof SessionWorker;
  if (isAgent && target.isStopped) {
    throw new HeddleError("WORKER_STOPPED", `worker "${target.name}" is stopped`);
  }
  if (!isAgent || workers.get(target.id) !== target) {
    throw new HeddleError("UNKNOWN_WORKER", "the worker is not one of this session");
  }
  if (target.state !== "failed") return;
  const message = `worker "${target.name}" has failed, and is not started again`;
  throw new HeddleError("WORKER_FAILED", message, { cause: target.lastFailure });
}

/**
 * Who is asked after the target's provider for this job alone; undefined: as the target has it.
 *
 * @throws {HeddleError} `INVALID_OPTION`, `UNKNOWN_PROVIDER`, `NOT_AN_AGENT`.
 */
export function jobFallback(
  fallback: readonly Fallback[] | undefined,
  target: Worker | WorkerOptions,
  defaults: WorkerOptions,
  providers: ReadonlySet<string>,
): readonly FallbackProvider[] | undefined {
  if (!fallback) return undefined;
  if (!isWorker(target)) checkWorkerOptions(checkAgent(target), "");
  const provider = chooseProvider(target.provider ?? defaults.provider, providers);
  return fallbackProviders("fallback", fallback, provider, providers);
}

function notAnAgent(): HeddleError {
  return new HeddleError("NOT_AN_AGENT", "a behaviour has no jobs: use tell and ask");
}
