import { z } from "@hono/zod-openapi";
import type { BehaviorWorker, JobResult, Worker, WorkerJob, WorkerState } from "../../index.ts";
import { given } from "../given.ts";
import type { TenantDesk } from "../tenant-desk.ts";
import { isAgent } from "../tenant-desk.ts";

export type WireUsage = {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cachedInputTokens?: number | undefined;
  cacheWriteInputTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  estimated?: true | undefined;
};
type WireResult = Omit<JobResult, "usage"> & { usage: WireUsage };
type Failed = { code: string; message: string };

/** A worker, as clients see it. */
export type WireWorker = {
  id: string;
  name: string;
  /** A behaviour can be seen, and nothing else. */
  kind: "agent" | "behavior";
  /** Left out: it was not made by this server. */
  agent?: string | undefined;
  state: WorkerState;
  /** How many messages its conversation has; 0 for a behaviour. */
  messages: number;
  /** Left out for a behaviour. */
  usage?: WireUsage | undefined;
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

export const UsageShape: z.ZodType<WireUsage> = z
  .object({
    inputTokens: z.int(),
    outputTokens: z.int(),
    totalTokens: z.int(),
    cachedInputTokens: z.int().optional(),
    cacheWriteInputTokens: z.int().optional(),
    reasoningTokens: z.int().optional(),
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
    kind: z.enum(["agent", "behavior"]),
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
    messages: z.int(),
    usage: UsageShape.optional(),
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
    usage: UsageShape,
    result: z
      .object({
        text: z.string(),
        output: z.unknown().optional(),
        usage: UsageShape,
        steps: z.int(),
        finishReason: z.enum(["stop", "length", "content-filter", "refusal"]),
      })
      .optional(),
    error: Failure.optional(),
  })
  .openapi("Job");

export function workerShape(desk: TenantDesk, worker: Worker | BehaviorWorker): WireWorker {
  const { id, name, state, lastFailure } = worker;
  const conversation = isAgent(worker)
    ? { kind: "agent" as const, messages: worker.transcript.length, usage: worker.usage }
    : { kind: "behavior" as const, messages: 0 };
  return {
    id,
    name,
    state,
    ...conversation,
    ...given({ agent: desk.agentOf(id), lastFailure: lastFailure && failureShape(lastFailure) }),
  };
}

export async function jobShape(desk: TenantDesk, job: WorkerJob): Promise<WireJob> {
  const { id, state, usage, parentId, times, worker } = job;
  const ended = times.endedAtMs === undefined ? undefined : await job.outcome;
  return {
    id,
    workerId: worker.id,
    state,
    usage,
    ...given({ ...times, parentId, agent: desk.agentOf(worker.id) }),
    ...(ended?.status === "completed" ? { result: ended.result } : {}),
    ...given({ error: ended?.error && failureShape(ended.error) }),
  };
}

function failureShape({ code, message }: Failed): Failed {
  return { code, message };
}
