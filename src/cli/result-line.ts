import type { JobOutcome, JobTimes, Usage } from "../index.ts";

/** One line of results, its fields in this order. Others read it: a field is never removed, renamed or moved. */
export type ResultLine = {
  readonly id: string;
  readonly status: "completed" | "cancelled" | "failed";
  readonly provider: string;
  readonly model: string;
  readonly text: string;
  readonly usage: Usage;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** From the job's start to its first chunk; null if none came. */
  readonly firstChunkMs: number | null;
  /** 0 if the job never started. */
  readonly durationMs: number;
};

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** Puts a job's outcome into its line. A job that did not complete keeps the text that had arrived. */
export function resultLine(
  job: { readonly id: string; readonly provider: string; readonly model: string },
  outcome: JobOutcome,
  times: JobTimes,
): ResultLine {
  const result = outcome.status === "completed" ? outcome.result : outcome.partial;
  return {
    id: job.id,
    status: outcome.status,
    provider: job.provider,
    model: job.model,
    text: result.text ?? "",
    usage: result.usage ?? NO_USAGE,
    error:
      outcome.status === "completed"
        ? null
        : { code: outcome.error.code, message: outcome.error.message },
    firstChunkMs: sinceStart(times, times.firstChunkAtMs) ?? null,
    durationMs: sinceStart(times, times.endedAtMs) ?? 0,
  };
}

function sinceStart({ startedAtMs }: JobTimes, atMs: number | undefined): number | undefined {
  if (startedAtMs === undefined || atMs === undefined) return undefined;
  return Math.round(atMs - startedAtMs);
}

const STATUSES: readonly unknown[] = ["completed", "cancelled", "failed"];

/** Reads back the part of a result line that `--resume` needs; `undefined` if `text` is no result line. */
export function readResultLine(text: string): Pick<ResultLine, "id" | "status"> | undefined {
  try {
    const value: Partial<ResultLine> | null = JSON.parse(text);
    if (typeof value?.id !== "string" || !STATUSES.includes(value.status)) return undefined;
    return { id: value.id, status: value.status as ResultLine["status"] };
  } catch {
    return undefined;
  }
}
