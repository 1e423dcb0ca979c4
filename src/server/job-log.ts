import type { JobEventOtherThanChunk, SessionEvent } from "../index.ts";
import type { ServerLogger } from "./log.ts";
import type { TenantDesk } from "./tenant-desk.ts";

type OpenJob = { readonly queuedAtMs: number; readonly facts: Facts };
type Facts = { readonly [name: string]: unknown };

/** Logs how the jobs of a tenant begin and end, its children's too, until its session is closed. Names and counts only, and why a job has failed. */
export function logJobs(desk: TenantDesk, log: ServerLogger): void {
  const jobLog = new JobLog(desk, log);
  desk.session.events$.subscribe((event) => jobLog.take(event));
}

class JobLog {
  readonly #desk: TenantDesk;
  readonly #log: ServerLogger;
  readonly #open = new Map<string, OpenJob>();

  constructor(desk: TenantDesk, log: ServerLogger) {
    this.#desk = desk;
    this.#log = log;
  }

  take(event: SessionEvent): void {
    if (event.type === "job-queued") this.#begin(event);
    if (event.type === "job-event") this.#tell(event.jobId, event.event);
    if (event.type === "job-stopped") this.#tellStopped(event);
  }

  #begin(event: Extract<SessionEvent, { readonly type: "job-queued" }>): void {
    const { jobId: job, workerId: worker, parentId: parent } = event;
    const agent = this.#desk.agentOf(worker);
    const facts = {
      tenant: this.#desk.name,
      job,
      worker,
      ...(agent === undefined ? {} : { agent }),
      ...(parent === undefined ? {} : { parent }),
    };
    this.#open.set(job, { queuedAtMs: Date.now(), facts });
  }

  #tell(job: string, event: JobEventOtherThanChunk): void {
    const { facts, queuedAtMs } = this.#open.get(job) ?? { facts: { job }, queuedAtMs: event.atMs };
    // The system's clock may have been set back.
    const ms = Math.max(0, event.atMs - queuedAtMs);
    switch (event.type) {
      case "started":
        this.#log.info({ ...facts, waitedMs: ms }, "job started");
        break;
      case "restarted": {
        const { attempt, failure } = event;
        const why = { attempt, code: failure.code, reason: failure.message };
        this.#log.warn({ ...facts, ...why }, "job goes on in a new thread");
        break;
      }
      case "fallback": {
        const { from, to, error } = event;
        const why = { from, to, code: error.code, reason: error.message };
        this.#log.warn({ ...facts, ...why }, "job asks another provider");
        break;
      }
      case "completed": {
        const { usage, steps } = event.result;
        this.#end(job, "info", { ...facts, ms, tokens: usage.totalTokens, steps });
        break;
      }
      case "cancelled": {
        const { partial, reason } = event;
        const ended = {
          code: "JOB_CANCELLED",
          ms,
          tokens: partial.usage?.totalTokens ?? 0,
          reason,
        };
        this.#end(job, "info", { ...facts, ...ended }, "cancelled");
        break;
      }
      case "failed": {
        const { error, partial } = event;
        const ended = { code: error.code, ms, tokens: partial.usage?.totalTokens ?? 0 };
        const why = { reason: error.message };
        this.#end(job, "warn", { ...facts, ...ended, ...why }, "failed");
        break;
      }
    }
  }

  #end(job: string, level: "info" | "warn", facts: Facts, status: string = "completed"): void {
    this.#open.delete(job);
    this.#log[level]({ ...facts, status }, "job ended");
  }

  /** A job that stops by itself when it is told to is nothing new. */
  #tellStopped(event: Extract<SessionEvent, { readonly type: "job-stopped" }>): void {
    const { jobId: job, workerId: worker, how, afterMs } = event;
    const level = how === "cooperative" ? "debug" : "warn";
    const facts = { tenant: this.#desk.name, job, worker, how, afterMs };
    this.#log[level](facts, "job was stopped");
  }
}
