import type { Usage } from "../protocol/model.ts";
import type { ProviderLimits } from "../protocol/provider.ts";
import type { WorkerState } from "../protocol/worker.ts";
import type { GatewayState } from "./gateways/gateway.ts";
import type { JobState } from "./jobs/job-lifecycle.ts";
import type { McpInspection } from "./tools/mcp-connection.ts";

/** A snapshot of everything that the supervisor holds. Plain data; no keys, no texts. */
export type Inspection = {
  readonly threads: {
    readonly max: number;
    /** Actor threads that count against `max`. */
    readonly held: number;
    /** Actor threads beside them: their jobs wait for people or children, and what the threads hold must not be lost. */
    readonly lent: number;
    /** Jobs that wait for a thread. */
    readonly waiting: number;
    /** Threads that are ready for workers to come. */
    readonly spare: number;
    /** Threads that execute actor code at this moment. */
    readonly executing: number;
    /** Threads that could not be ended and were written off. */
    readonly stuck: number;
  };
  /**
   * What code in a thread reaches without a permission: "descriptors" that the process has open (by `node:net` and `node:tty`), other
   * "threads" (broadcasts and messages), "v8-flags" of the process; and as the running Node has it "working-directory", "net", "sqlite".
   */
  readonly notEnforced: readonly string[];
  readonly gateways: readonly GatewayInspection[];
  readonly providers: readonly ProviderInspection[];
  readonly sessions: readonly SessionInspection[];
};

export type GatewayInspection = {
  readonly name: string;
  readonly state: GatewayState;
  readonly threadId: number | undefined;
  /** Model calls under way. */
  readonly calls: number;
};

export type ProviderInspection = {
  readonly name: string;
  readonly limits: ProviderLimits;
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests that wait for their turn, of all sessions and of each that has any. */
  readonly waiting: number;
  readonly waitingBySession: readonly { readonly session: string; readonly waiting: number }[];
  /** Until when nothing is sent, because the provider has refused a request: Unix time in ms. Undefined: it has not, or that is past. */
  readonly backingOffUntilMs: number | undefined;
  /**
   * Requests that had to wait for their turn and have ended that since the start, by being sent or given up, and how long all of them have waited together.
   * Pauses before a request is sent again, for a failure other than a refusal, are none.
   */
  readonly waits: number;
  readonly waitedMs: number;
  /** What the last 60 seconds have left of the limits. Undefined: there is no such limit. */
  readonly requestsLeft: number | undefined;
  readonly tokensLeft: number | undefined;
  readonly breaker: BreakerInspection;
};

export type BreakerInspection = {
  /** `open`: those who have another provider pass it over. `half-open`: one of them tries it out, or the next one will. */
  readonly state: "closed" | "open" | "half-open";
  /** Failures that count at present, while it is closed. */
  readonly failures: number;
  /** Until when it is open: Unix time in ms. Undefined: it is not. */
  readonly untilMs: number | undefined;
  /** How often it has opened since the start. A probe that has failed is no opening. */
  readonly openings: number;
};

export type SessionInspection = {
  readonly name: string;
  readonly workers: readonly WorkerInspection[];
  readonly jobs: readonly JobInspection[];
  /** The MCP servers that its workers' tools come from. */
  readonly mcp: readonly McpInspection[];
  /** Tool calls that wait for a decision. */
  readonly confirmations: number;
  /** Settled jobs that are still kept. */
  readonly keptJobs: number;
  readonly usage: Usage;
};

export type WorkerInspection = {
  readonly id: string;
  readonly name: string;
  readonly state: WorkerState;
  /** Undefined: it is a behaviour. */
  readonly provider: string | undefined;
  /** Undefined: it holds no thread at present. */
  readonly threadId: number | undefined;
  readonly queuedJobs: number;
  readonly queuedMessages: number;
  readonly messages: number;
  /** Undefined: it is a behaviour. */
  readonly usage: Usage | undefined;
};

export type JobInspection = {
  readonly id: string;
  readonly workerId: string;
  /** Undefined: it is nobody's child. */
  readonly parentId: string | undefined;
  readonly state: JobState;
  readonly events: number;
  readonly chunkBytes: number;
  readonly usage: Usage;
};
