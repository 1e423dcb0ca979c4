import type { ProviderLimits } from "../../src/protocol/provider.ts";
import type { Budget } from "../../src/supervisor/options.ts";
import type { JobPlan } from "./plan.ts";
import type { Deciding, Taking } from "./sim-host.ts";
import type { SpawnFault } from "./world.ts";

export type WorkerPlan = {
  readonly graceMs: number;
  readonly killMs: number;
  readonly windowBytes: number;
  readonly maxOutputBytes: number;
  readonly maxSteps: number;
  readonly maxDepth: number;
  readonly maxChildren: number;
  readonly parkAfterMs: number;
  readonly whenBusy: "enqueue" | "reject" | "interrupt";
  readonly whenUnresponsive: "report" | "kill";
  readonly provider: "shared" | "own";
  /** The other provider is asked after its own. */
  readonly fallsBack?: boolean;
  readonly policy: "never" | "on-failure" | "always";
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly initialMs: number;
  readonly budget?: Budget;
  readonly tools: "none" | "stateless" | "stateful";
  readonly approvals: "ask" | "deny" | "allow";
  readonly maxParallelToolCalls: number;
  readonly toolMs: number | undefined;
  readonly confirmationMs: number | undefined;
};

export type ActorFault =
  | "throws"
  | "exits 0"
  | "exits 7"
  | "out of memory"
  | "spins"
  | "recovers"
  | "cannot be ended"
  | "goes deaf"
  | "ponders"
  | "floods"
  | "grows";

export type GatewayFault = "dies" | "spins" | "recovers" | "cannot be ended";

export type Action =
  | { readonly type: "open-session" }
  | { readonly type: "create-worker"; readonly session: number; readonly worker: WorkerPlan }
  | {
      readonly type: "run";
      /** Undefined: a worker of its own. */
      readonly worker: number | undefined;
      /** Undefined: nobody's child. */
      readonly parent: number | undefined;
      /** Its actor does not go on while it has children. */
      readonly awaitsChildren: boolean;
      readonly plan: JobPlan;
      readonly totalMs: number | undefined;
      readonly id: "random" | "given";
      readonly signal: "none" | "aborted" | "later";
      readonly host: Taking;
      readonly decides: Deciding;
      /** Who reads it from the start. */
      readonly reader: "none" | "reads" | "pauses";
    }
  | { readonly type: "cancel"; readonly job: number }
  | { readonly type: "abort"; readonly job: number }
  /** The user says something in the middle of a job. */
  | { readonly type: "steer"; readonly worker: number }
  /** Somebody looks at what waits for a decision. */
  | { readonly type: "look"; readonly session: number }
  /** Somebody decides on what was asked at any time. */
  | {
      readonly type: "decide";
      readonly session: number;
      readonly confirmation: number;
      readonly decides: Exclude<Deciding, "is not asked" | "never answers" | "throws">;
    }
  | {
      readonly type: "read";
      readonly job: number;
      readonly as: "lossless" | "latest" | "chunks";
      readonly from: number;
    }
  | {
      readonly type: "reader";
      readonly reader: number;
      readonly does: "pauses" | "goes on" | "leaves";
    }
  | { readonly type: "stop"; readonly worker: number; readonly graceMs: number | undefined }
  | { readonly type: "terminate"; readonly worker: number }
  | { readonly type: "close-session"; readonly session: number; readonly drainMs: number }
  | { readonly type: "close"; readonly drainMs: number }
  | {
      readonly type: "actor";
      readonly thread: number;
      readonly does: ActorFault;
      /** "at work": as soon as an actor works on a job, and to one that does, if that comes soon. Most sleep at any time. @defaultValue "now" */
      readonly when?: "now" | "at work";
    }
  | { readonly type: "gateway"; readonly thread: number; readonly does: GatewayFault }
  | {
      readonly type: "next-thread";
      readonly kind: "actor" | "gateway";
      readonly fault: SpawnFault;
    }
  | { readonly type: "pass"; readonly ms: number };

/** An action, and how many turns pass after it. */
export type Command = { readonly action: Action; readonly turns: number };

export type Schedule = {
  /** Decides the order of everything that is not a command. */
  readonly seed: number;
  /** Whether time stands still as long as anything can happen. */
  readonly isEager: boolean;
  readonly maxThreads: number;
  readonly spare: number;
  readonly queue: number;
  readonly gateways: number;
  /** Of each provider. */
  readonly limits: ProviderLimits;
  /** Of each session. */
  readonly budget?: Budget;
  readonly commands: readonly Command[];
};
