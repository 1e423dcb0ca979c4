import type {
  Inspection,
  JobEventOtherThanChunk,
  Session,
  SessionEvent,
  SupervisorEvent,
  WorkerJob,
} from "../../index.ts";

/** A job that has not ended, as it is counted. */
export type TrackedJob = {
  readonly job: WorkerJob;
  /** What it is counted by. */
  readonly labels: JobLabels;
  /** Unix time in ms. Undefined: it was there before anybody counted. */
  readonly queuedAtMs: number | undefined;
};

/** `agent` is empty for a job whose worker is none of the server's agents. Both are bounded: there is a set of them from the start. */
export type JobLabels = { readonly agent: string; readonly provider: string };

/** What counts one kind of thing. It is told of all sessions of a supervisor. */
export type Meter = {
  /** Called for each event of a job that is no chunk. */
  readonly onJobEvent?: (tracked: TrackedJob, event: JobEventOtherThanChunk) => void;
  readonly onSessionEvent?: (event: SessionEvent, session: Session) => void;
  readonly onSupervisorEvent?: (event: SupervisorEvent) => void;
  /** Called before the figures are read, with the state of all that there is and the jobs that have not ended. */
  readonly onScrape?: (state: Inspection, jobs: Iterable<TrackedJob>) => void;
  readonly close?: () => void;
};

/** What ends a job's log. */
export type TerminalEvent = Extract<
  JobEventOtherThanChunk,
  { readonly type: "completed" | "cancelled" | "failed" }
>;

export function isTerminal(event: JobEventOtherThanChunk): event is TerminalEvent {
  return event.type === "completed" || event.type === "cancelled" || event.type === "failed";
}
