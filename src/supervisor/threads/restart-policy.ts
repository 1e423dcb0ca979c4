import { HeddleError } from "../../errors.ts";
import { checkFields, checkNumber, checkOneOf, DEADLINE_MS, given } from "../check.ts";

/** When the thread of a worker is started again after it has ended without being told to. */
export type RestartOptions = {
  /** `on-failure`: unless it ended normally (`process.exit(0)`); `always`: also then. @defaultValue "on-failure" */
  readonly policy?: "never" | "on-failure" | "always";
  /** How many restarts are allowed within `withinMs`, 0 to 1,000; one more, and the worker has failed. @defaultValue 3 */
  readonly maxRestarts?: number;
  /** 1 to 86,400,000. @defaultValue 60_000 */
  readonly withinMs?: number;
  /** The pause before a restart doubles with each one within `withinMs`, less up to a quarter of jitter. @defaultValue 200 to 10_000 */
  readonly backoff?: { readonly initialMs?: number; readonly maxMs?: number };
};

export type RestartPolicy = {
  readonly policy: "never" | "on-failure" | "always";
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly initialMs: number;
  readonly maxMs: number;
};

const DEFAULT_POLICY: RestartPolicy = {
  policy: "on-failure",
  maxRestarts: 3,
  withinMs: 60_000,
  initialMs: 200,
  maxMs: 10_000,
};

/** How a thread has ended by itself. One that was ended by a cancel, a stop or parking is not asked about. */
export type EndReason = "normal" | "failure";

export type RestartDecision =
  | { readonly type: "restart"; readonly delayMs: number; readonly attempt: number }
  /** The policy says no. */
  | { readonly type: "give-up" }
  /** The policy says yes, but there were too many (`RESTART_LIMIT`). */
  | { readonly type: "over-limit" };

/**
 * Whether a thread that has ended is started again.
 *
 * | policy | normal | failure |
 * |---|---|---|
 * | never | give up | give up |
 * | on-failure | give up | restart |
 * | always | restart | restart |
 *
 * A restart that would be number `maxRestarts + 1` within `withinMs` is over the limit (the rule of OTP's restart
 * intensity). Pure: `restartsMs` are the times of earlier restarts, `random` is from 0 to 1.
 */
export function decideRestart(
  { policy, maxRestarts, withinMs, initialMs, maxMs }: RestartPolicy,
  reason: EndReason,
  restartsMs: readonly number[],
  nowMs: number,
  random: number,
): RestartDecision {
  if (policy === "never" || (policy === "on-failure" && reason === "normal")) {
    return { type: "give-up" };
  }
  const recent = restartsMs.filter((atMs) => nowMs - atMs < withinMs).length;
  if (recent >= maxRestarts) return { type: "over-limit" };
  const delayMs = Math.min(maxMs, initialMs * 2 ** recent) * (1 - random / 4);
  return { type: "restart", delayMs, attempt: recent + 1 };
}

/** The failure of what has crashed once too often, for `failure` the last time. */
export function restartLimit(
  { maxRestarts, withinMs }: RestartPolicy,
  failure: HeddleError,
): HeddleError {
  const message = `the actor has ended more than ${maxRestarts} times in ${withinMs} ms: ${failure.message}`;
  const details = { maxRestarts, withinMs };
  return new HeddleError("RESTART_LIMIT", message, { cause: failure, details });
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function checkRestart(field: string, restart: RestartOptions | undefined): void {
  if (restart === undefined) return;
  checkFields(field, restart, ["policy", "maxRestarts", "withinMs", "backoff"]);
  checkOneOf(`${field}.policy`, restart.policy, ["never", "on-failure", "always"]);
  checkNumber(`${field}.maxRestarts`, restart.maxRestarts, { min: 0, max: 1_000, integer: true });
  checkNumber(`${field}.withinMs`, restart.withinMs, { min: 1, max: 86_400_000 });
  checkFields(`${field}.backoff`, restart.backoff, ["initialMs", "maxMs"]);
  checkNumber(`${field}.backoff.initialMs`, restart.backoff?.initialMs, DEADLINE_MS);
  checkNumber(`${field}.backoff.maxMs`, restart.backoff?.maxMs, DEADLINE_MS);
}

/** Lays `options` over `defaults` and fills in the rest. */
export function restartPolicy(
  defaults: RestartOptions | undefined,
  options: RestartOptions | undefined,
): RestartPolicy {
  if (!defaults && !options) return DEFAULT_POLICY;
  const backoff = { ...given(defaults?.backoff), ...given(options?.backoff) };
  const merged = { ...given(defaults), ...given(options) };
  return {
    policy: merged.policy ?? DEFAULT_POLICY.policy,
    maxRestarts: merged.maxRestarts ?? DEFAULT_POLICY.maxRestarts,
    withinMs: merged.withinMs ?? DEFAULT_POLICY.withinMs,
    initialMs: backoff.initialMs ?? DEFAULT_POLICY.initialMs,
    maxMs: backoff.maxMs ?? DEFAULT_POLICY.maxMs,
  };
}
