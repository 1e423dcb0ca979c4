import type { ErrorCode, JobEventOtherThanChunk, JobState } from "../../index.ts";
import type { Instruments } from "./instruments.ts";
import type { Meter, TerminalEvent, TrackedJob } from "./meter.ts";
import { isTerminal } from "./meter.ts";

/** Upper bounds in seconds: what people wait for, and what agents take over many steps. */
const FIRST_CHUNK = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120];
const DURATION = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800];
const QUEUE = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const STOP = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 7.5, 10, 30];

const STATES = ["queued", "running", "cancelling"] as const satisfies readonly JobState[];
const HOW = ["cooperative", "terminated", "stuck"] as const;

/** How jobs begin and end, and how long that takes. */
export function jobMetrics(instruments: Instruments): Meter {
  const jobs = instruments.gauge(
    "jobs",
    "Jobs that have not ended, of all sessions, by state: they wait, run, or are being stopped.",
    ["state"],
  );
  const ended = instruments.counter(
    "jobs_ended_total",
    "Jobs that have ended, by outcome (completed, cancelled, failed) and the code of the error; agent is empty for those of no agent of the server.",
    ["agent", "outcome", "code"],
  );
  const waits = instruments.counter(
    "job_waits_total",
    "How often jobs had to wait: for a thread, for the rate limits of their provider, or before a failed request was sent again.",
    ["agent", "for"],
  );
  const fallbacks = instruments.counter(
    "job_fallbacks_total",
    "How often a job's model call went on to another provider, and why.",
    ["agent", "from", "to", "code"],
  );
  const queueSeconds = instruments.histogram(
    "job_queue_seconds",
    "Time from a job's acceptance until its worker and a thread were there for it. Jobs that ended before are left out.",
    QUEUE,
    ["agent"],
  );
  const firstChunkSeconds = instruments.histogram(
    "job_first_chunk_seconds",
    "Time from a job's start until its first chunk.",
    FIRST_CHUNK,
    ["agent", "provider"],
  );
  const durationSeconds = instruments.histogram(
    "job_duration_seconds",
    "Time from a job's start until its end, by outcome. Jobs that never started are left out.",
    DURATION,
    ["agent", "outcome"],
  );
  const stopSeconds = instruments.histogram(
    "job_stop_seconds",
    "Time from when a started job was told to stop, by a cancel, a deadline, a limit or a failure, until nothing of it ran any more; how: by itself (cooperative), with its thread (terminated), or without its thread, which could not be ended (stuck).",
    STOP,
    ["how"],
  );
  for (const how of HOW) stopSeconds.zero({ how });
  const awaitFirst = new WeakSet<TrackedJob>();

  const started = (tracked: TrackedJob, atMs: number) => {
    const { queuedAtMs, labels } = tracked;
    awaitFirst.add(tracked);
    if (queuedAtMs === undefined) return;
    queueSeconds.observe({ agent: labels.agent }, seconds(queuedAtMs, atMs));
  };
  const lookForFirstChunk = (tracked: TrackedJob) => {
    const { startedAtMs, firstChunkAtMs } = tracked.job.times;
    if (startedAtMs === undefined || firstChunkAtMs === undefined) return;
    awaitFirst.delete(tracked);
    firstChunkSeconds.observe(tracked.labels, seconds(startedAtMs, firstChunkAtMs));
  };
  const end = ({ job, labels: { agent } }: TrackedJob, event: TerminalEvent) => {
    const outcome = event.type;
    ended.inc({ agent, outcome, code: codeOf(event) });
    const { startedAtMs } = job.times;
    if (startedAtMs === undefined) return;
    durationSeconds.observe({ agent, outcome }, seconds(startedAtMs, event.atMs));
  };
  const onJobEvent = (tracked: TrackedJob, event: JobEventOtherThanChunk) => {
    const { agent } = tracked.labels;
    if (awaitFirst.has(tracked) && (event.type === "response" || isTerminal(event)))
      lookForFirstChunk(tracked);
    switch (event.type) {
      case "started":
        return started(tracked, event.atMs);
      case "waiting":
        return waits.inc({ agent, for: event.for });
      case "fallback":
        return fallbacks.inc({ agent, from: event.from, to: event.to, code: event.error.code });
      case "completed":
      case "cancelled":
      case "failed":
        return end(tracked, event);
    }
  };
  return {
    onJobEvent,
    onSessionEvent: (event) => {
      if (event.type === "job-stopped")
        stopSeconds.observe({ how: event.how }, event.afterMs / 1_000);
    },
    onScrape: ({ sessions }) => {
      const count: { [state in JobState]?: number } = {};
      for (const { jobs: open } of sessions)
        for (const { state } of open) count[state] = (count[state] ?? 0) + 1;
      for (const state of STATES) jobs.set({ state }, count[state] ?? 0);
    },
  };
}

function codeOf(event: TerminalEvent): ErrorCode | "" {
  switch (event.type) {
    case "completed":
      return "";
    case "cancelled":
      return "JOB_CANCELLED";
    case "failed":
      return event.error.code;
    default:
      return event satisfies never;
  }
}

/** The clock may have been set back meanwhile. */
function seconds(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}
