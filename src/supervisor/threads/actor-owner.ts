import type { HeddleError } from "../../errors.ts";
import type { ActorRequest } from "../../protocol/behavior.ts";
import type { JobCalls, ToolEnd } from "../../protocol/tool.ts";
import type { EndReason } from "./restart-policy.ts";

/** Serves what an actor asks for in the course of a job. */
export type JobDesk = {
  readonly [K in keyof JobCalls]: (
    ...args: Parameters<JobCalls[K]>
  ) => ReturnType<JobCalls[K]> | Awaited<ReturnType<JobCalls[K]>>;
} & { toolFinished(index: number, end: ToolEnd): void };

/** Whose thread it is. */
export type ActorOwner = {
  /** What serves the calls of the actor for this job. Left out: it has no jobs. @throws {HeddleError} when it does not run that job. */
  jobDesk?(jobId: string): JobDesk;
  /** A behaviour asks for something. It is handed over in the turn in which it arrives. */
  onRequest?(request: ActorRequest): unknown;
  onOutput(stream: "stdout" | "stderr", text: string): void;
  /** Its loop has not turned for so long while it executed actor code. */
  onUnresponsive(forMs: number): void;
  /** After the actor's last message, once. */
  onGone(failure: HeddleError, reason: EndReason): void;
};

export type ActorLimits = {
  readonly heapMb: number;
  readonly unresponsiveMs: number;
  /** How long the thread may take to end once it was terminated. */
  readonly killMs: number;
};
