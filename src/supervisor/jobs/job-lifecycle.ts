import type { WireError } from "../../protocol/error.ts";

/*
 * A job's life, as a pure function.
 *
 * 1. It settles once, when its actor is done with it, gone or written off, and all its model calls and children have ended.
 * 2. The first reason to stop wins. A job that was told to stop never completes, also if its actor was done first.
 * 3. A settled job takes nothing any more.
 * 4. Its children are not to outlive it: as soon as it can only end, they are to be cancelled (`endingOf`).
 */

export type JobState = "queued" | "running" | "cancelling" | "completed" | "cancelled" | "failed";

/** Why a job ends before its time. */
export type Stop =
  | { readonly type: "cancel"; readonly reason: string }
  | { readonly type: "fail"; readonly error: WireError };

export type Verdict =
  | { readonly status: "completed" }
  | { readonly status: "cancelled"; readonly reason: string }
  | { readonly status: "failed"; readonly error: WireError };

export type JobLifecycle = {
  readonly phase: "queued" | "running" | "settled";
  readonly stop: Stop | undefined;
  /** How the actor's part ended; undefined while it has not. */
  readonly actor: { readonly error: WireError | undefined; readonly isStuck?: true } | undefined;
  readonly openCalls: number;
  readonly openChildren: number;
  readonly verdict: Verdict | undefined;
};

export type JobSignal =
  | { readonly type: "begin" }
  | { readonly type: "stop"; readonly stop: Stop }
  | { readonly type: "actor-ended"; readonly error: WireError | undefined }
  | { readonly type: "call-opened" }
  | { readonly type: "call-ended" }
  | { readonly type: "child-opened" }
  | { readonly type: "child-ended" }
  /** The thread could not be ended in time. */
  | { readonly type: "written-off"; readonly error: WireError };

export const QUEUED: JobLifecycle = {
  phase: "queued",
  stop: undefined,
  actor: undefined,
  openCalls: 0,
  openChildren: 0,
  verdict: undefined,
};

export function nextLifecycle(life: JobLifecycle, signal: JobSignal): JobLifecycle {
  if (life.phase === "settled") return life;
  switch (signal.type) {
    case "begin":
      // One that was stopped in the queue only waits for its children.
      return life.stop ? life : { ...life, phase: "running" };
    case "stop":
      return settle({ ...life, stop: life.stop ?? signal.stop });
    case "actor-ended":
      return settle({ ...life, actor: life.actor ?? { error: signal.error } });
    case "call-opened":
      return { ...life, openCalls: life.openCalls + 1 };
    case "call-ended":
      return settle({ ...life, openCalls: life.openCalls - 1 });
    case "child-opened":
      return { ...life, openChildren: life.openChildren + 1 };
    case "child-ended":
      return settle({ ...life, openChildren: life.openChildren - 1 });
    case "written-off":
      return settle({ ...life, actor: { error: signal.error, isStuck: true } });
    default:
      return signal satisfies never;
  }
}

/** What users see of it. */
export function jobStateOf({ phase, stop, verdict }: JobLifecycle): JobState {
  if (verdict) return verdict.status;
  if (stop) return "cancelling";
  return phase === "queued" ? "queued" : "running";
}

/** How the job ends, for its children; undefined while it goes on. */
export function endingOf({ stop, actor }: JobLifecycle): string | undefined {
  if (stop?.type === "cancel") return `was cancelled: ${stop.reason}`;
  const error = stop?.error ?? actor?.error;
  if (error) return `failed: ${error.message}`;
  return actor && "has completed";
}

function settle(life: JobLifecycle): JobLifecycle {
  if (life.openChildren > 0) return life;
  const isStopped = life.phase === "queued" && life.stop !== undefined;
  const isDone = life.phase === "running" && life.actor !== undefined && life.openCalls === 0;
  if (!isStopped && !isDone) return life;
  return { ...life, phase: "settled", verdict: verdictOf(life) };
}

function verdictOf({ stop, actor }: JobLifecycle): Verdict {
  if (actor?.isStuck && actor.error) return { status: "failed", error: actor.error };
  if (stop?.type === "cancel") return { status: "cancelled", reason: stop.reason };
  const error = stop?.error ?? actor?.error;
  return error ? { status: "failed", error } : { status: "completed" };
}
