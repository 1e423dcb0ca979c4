import type { HeddleError } from "../errors.ts";
import type { Clock } from "../transport/clock.ts";
import type { SpawnThread } from "./threads/thread.ts";

/** What the supervisor's parts take from outside themselves, in one place so that a test can own all of it. */
export type Runtime = {
  readonly clock: Clock;
  readonly spawn: SpawnThread;
  readonly newId: () => string;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Keeps the process alive until the returned function is called: threads and timers by themselves do not. */
  readonly hold: () => () => void;
  readonly report: (event: SupervisorEvent) => void;
};

/** What happens to the supervisor itself, for logs and metrics. */
export type SupervisorEvent =
  | { readonly type: "session-opened" | "session-closed"; readonly session: string }
  /** A gateway thread has died. `resent` of its requests will be sent again, `failed` have failed with `GATEWAY_LOST`. */
  | {
      readonly type: "gateway-lost";
      readonly gateway: string;
      readonly error: HeddleError;
      readonly resent: number;
      readonly failed: number;
    }
  | { readonly type: "gateway-restarted"; readonly gateway: string }
  /** A provider has failed too often, last with `error`: those who have another pass it over. `breaker-closed`: it has answered again. */
  | { readonly type: "breaker-opened"; readonly provider: string; readonly error: HeddleError }
  | { readonly type: "breaker-closed"; readonly provider: string }
  /** A worker's loop has not turned for `forMs` while it executed code of its own. */
  | {
      readonly type: "actor-unresponsive";
      readonly workerId: string;
      readonly name: string;
      readonly forMs: number;
    }
  /** A host tool that has not stopped within its worker's `graceMs`. It goes on, and nobody waits for it. */
  | {
      readonly type: "tool-stuck";
      readonly workerId: string;
      readonly name: string;
      readonly tool: string;
    }
  /** A thread that could not be ended. It goes on until the process ends. */
  | { readonly type: "thread-stuck"; readonly thread: string; readonly threadId: number }
  /** A subscriber of one of Heddle's observables threw, or did not handle an error. */
  | { readonly type: "subscriber-failed"; readonly error: unknown };
