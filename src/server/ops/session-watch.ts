import { Subscription } from "rxjs";
import type {
  JobEventOtherThanChunk,
  Session,
  SessionEvent,
  Supervisor,
  WorkerJob,
} from "../../index.ts";
import type { Meter, TrackedJob } from "./meter.ts";
import { isTerminal } from "./meter.ts";

export type SessionWatchOptions = {
  readonly supervisor: Supervisor;
  readonly meters: readonly Meter[];
  /** The agent that a worker was made as; undefined: none. */
  readonly agentOf: (session: string, workerId: string) => string | undefined;
};

/**
 * Tells meters what happens in every session of a supervisor, those that others have opened included, from now on.
 *
 * It looks at no chunk: what a job has sent is asked of the job. It holds nothing but jobs that have not ended.
 */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #jobs = new Set<TrackedJob>();
  /** Those that complete by themselves leave it. */
  readonly #subscribed = new Subscription();

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    const { supervisor, meters } = options;
    for (const session of supervisor.sessions.values()) this.#follow(session);
    const subscribed = supervisor.events$.subscribe((event) => {
      for (const meter of meters) meter.onSupervisorEvent?.(event);
      if (event.type !== "session-opened") return;
      const session = supervisor.sessions.get(event.session);
      if (session) this.#follow(session);
    });
    this.#subscribed.add(subscribed);
  }

  /** Those that have not ended. */
  get jobs(): Iterable<TrackedJob> {
    return this.#jobs;
  }

  close(): void {
    this.#subscribed.unsubscribe();
    this.#jobs.clear();
  }

  #follow(session: Session): void {
    const { meters } = this.#options;
    /** An id is unique in its session. */
    const jobs = new Map<string, TrackedJob>();
    const track = (job: WorkerJob, queuedAtMs: number | undefined) => {
      const tracked = this.#tracked(session, job, queuedAtMs);
      jobs.set(job.id, tracked);
      this.#jobs.add(tracked);
    };
    const onJobEvent = (id: string, event: JobEventOtherThanChunk) => {
      const tracked = jobs.get(id);
      if (!tracked) return;
      for (const meter of meters) meter.onJobEvent?.(tracked, event);
      if (!isTerminal(event)) return;
      jobs.delete(id);
      this.#jobs.delete(tracked);
    };
    const onEvent = (event: SessionEvent) => {
      for (const meter of meters) meter.onSessionEvent?.(event, session);
      if (event.type === "job-event") onJobEvent(event.jobId, event.event);
      if (event.type !== "job-queued") return;
      const job = session.jobs.get(event.jobId);
      if (job) track(job, Date.now());
    };
    for (const job of session.jobs.values()) track(job, undefined);
    this.#subscribed.add(session.events$.subscribe(onEvent));
  }

  #tracked(session: Session, job: WorkerJob, queuedAtMs: number | undefined): TrackedJob {
    const agent = this.#options.agentOf(session.name, job.worker.id) ?? "";
    return { job, labels: { agent, provider: job.worker.provider }, queuedAtMs };
  }
}
