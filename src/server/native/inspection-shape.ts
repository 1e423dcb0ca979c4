import { z } from "@hono/zod-openapi";
import type { Inspection } from "../../index.ts";
import { UsageShape } from "./shapes.ts";

/** What concerns all tenants is for operators. */
export type WireInspection = Partial<Omit<Inspection, "sessions">> & Pick<Inspection, "sessions">;

const Count = z.int().min(0);

const Threads = z.object({
  max: Count,
  held: Count,
  lent: Count,
  waiting: Count,
  spare: Count,
  executing: Count,
  stuck: Count,
});

const Gateway = z.object({
  name: z.string(),
  state: z.enum(["starting", "ready", "down", "closed"]),
  threadId: z.int().optional(),
  calls: Count,
});

const Provider = z.object({
  name: z.string(),
  limits: z.object({
    requestsPerMinute: Count.optional(),
    tokensPerMinute: Count.optional(),
    maxConcurrent: Count.optional(),
  }),
  inFlight: Count,
  waiting: Count,
  waitingBySession: z.array(z.object({ session: z.string(), waiting: Count })),
  waits: Count,
  waitedMs: z.number(),
  backingOffUntilMs: z.number().optional(),
  requestsLeft: z.number().optional(),
  tokensLeft: z.number().optional(),
  breaker: z.object({
    state: z.enum(["closed", "open", "half-open"]),
    failures: Count,
    untilMs: z.number().optional(),
    openings: Count,
  }),
});

const Worker = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  provider: z.string().optional(),
  threadId: z.int().optional(),
  queuedJobs: Count,
  queuedMessages: Count,
  messages: Count,
  usage: UsageShape.optional(),
});

const Job = z.object({
  id: z.string(),
  workerId: z.string(),
  parentId: z.string().optional(),
  state: z.string(),
  events: Count,
  chunkBytes: Count,
  usage: UsageShape,
});

const Mcp = z.object({
  name: z.string(),
  state: z.enum(["idle", "waiting", "connecting", "connected", "closed"]),
  tools: Count,
  pid: z.int().optional(),
});

const Session = z.object({
  name: z.string(),
  workers: z.array(Worker),
  jobs: z.array(Job),
  mcp: z.array(Mcp),
  confirmations: Count,
  keptJobs: Count,
  usage: UsageShape,
});

/** In JSON, what is undefined is left out. */
export const InspectionShape: z.ZodType<WireInspection> = z
  .object({
    threads: Threads.optional(),
    notEnforced: z.array(z.string()).optional(),
    gateways: z.array(Gateway).optional(),
    providers: z.array(Provider).optional(),
    sessions: z.array(Session),
  })
  .openapi("Inspection") as unknown as z.ZodType<WireInspection>;
