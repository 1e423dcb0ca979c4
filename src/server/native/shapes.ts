import { z } from "@hono/zod-openapi";
import type { JobResult, Worker, WorkerJob, WorkerState } from "../../index.ts";
import type { TenantDesk } from "../tenant-desk.ts";

type WireUsage = {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cachedInputTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  estimated?: true | undefined;
};
type WireResult = Omit<JobResult, "usage"> & { usage: WireUsage };
type Failed = { code: string; message: string };

/** A worker, as clients see it. */
export type WireWorker = {
  id: string;
  name: string;
  /** Left out: it was not made by this server. */
  agent?: string | undefined;
  state: WorkerState;
  /** How many messages its conversation has. */
  messages: number;
  usage: WireUsage;
  lastFailure?: Failed | undefined;
};

/** A job, as clients see it. */
export type WireJob = {
  id: string;
  workerId: string;
  agent?: string | undefined;
  parentId?: string | undefined;
  state: WorkerJob["state"];
  /** Unix time in ms. */
  startedAtMs?: number | undefined;
  firstChunkAtMs?: number | undefined;
  endedAtMs?: number | undefined;
  usage: WireUsage;
  /** Of a job that has completed. */
  result?: WireResult | undefined;
  /** Of a job that was cancelled or has failed. */
  error?: Failed | undefined;
};

const Usage: z.ZodType<WireUsage> = z
  .object({
    inputTokens: z.number(),
    outputTokens: z.number(),
    totalTokens: z.number(),
    cachedInputTokens: z.number().optional(),
    reasoningTokens: z.number().optional(),
    estimated: z.literal(true).optional(),
  })
  .openapi("Usage");

const Failure: z.ZodType<Failed> = z
  .object({ code: z.string(), message: z.string() })
  .openapi("Failure");

export const WorkerShape: z.ZodType<WireWorker> = z
  .object({
    id: z.string(),
    name: z.string(),
    agent: z.string().optional(),
    state: z.enum([
      "idle",
      "working",
      "awaiting-confirmation",
      "cancelling",
      "restarting",
      "failed",
      "stopped",
    ]),
    messages: z.number(),
    usage: Usage,
    lastFailure: Failure.optional(),
  })
  .openapi("Worker");

export const JobShape: z.ZodType<WireJob> = z
  .object({
    id: z.string(),
    workerId: z.string(),
    agent: z.string().optional(),
    parentId: z.string().optional(),
    state: z.enum(["queued", "running", "cancelling", "completed", "cancelled", "failed"]),
    startedAtMs: z.number().optional(),
    firstChunkAtMs: z.number().optional(),
    endedAtMs: z.number().optional(),
    usage: Usage,
    result: z
      .object({
        text: z.string(),
        output: z.unknown().optional(),
        usage: Usage,
        steps: z.number(),
        finishReason: z.enum(["stop", "length", "content-filter", "refusal"]),
      })
      .optional(),
    error: Failure.optional(),
  })
  .openapi("Job");

export function workerShape(desk: TenantDesk, worker: Worker): WireWorker {
  const { id, name, state, lastFailure, usage } = worker;
  const agent = desk.agentOf(id);
  return {
    id,
    name,
    state,
    usage,
    messages: worker.transcript.length,
    ...(agent === undefined ? {} : { agent }),
    ...(lastFailure === undefined ? {} : { lastFailure: failureShape(lastFailure) }),
  };
}

export async function jobShape(desk: TenantDesk, job: WorkerJob): Promise<WireJob> {
  const { id, state, usage, parentId, times, worker } = job;
  const agent = desk.agentOf(worker.id);
  const ended = times.endedAtMs === undefined ? undefined : await job.outcome;
  return {
    id,
    workerId: worker.id,
    state,
    usage,
    ...(agent === undefined ? {} : { agent }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(times.startedAtMs === undefined ? {} : { startedAtMs: times.startedAtMs }),
    ...(times.firstChunkAtMs === undefined ? {} : { firstChunkAtMs: times.firstChunkAtMs }),
    ...(times.endedAtMs === undefined ? {} : { endedAtMs: times.endedAtMs }),
    ...(ended?.status === "completed" ? { result: ended.result } : {}),
    ...(ended?.error === undefined ? {} : { error: failureShape(ended.error) }),
  };
}

function failureShape({ code, message }: Failed): Failed {
  return { code, message };
}
