import type { BreakerPolicy } from "../../protocol/provider.ts";

/*
 * Whether a provider is worth asking, as a pure function. Times are those of one monotonic clock, in ms.
 *
 * 1. Closed: it is asked. `failures` failures within `withinMs`, with no answer after the first of them, open it.
 * 2. Open: it is passed over until `untilMs`. Then the next call is the probe.
 * 3. Probed (half-open): it is passed over but for that one call. An answer closes it; a failure opens it again, for twice as
 *    long, up to eight times `pauseMs`; a probe that ends without either leaves its place to the next call.
 * 4. Only what was begun since the last failure that counted is an answer: a response that began before says nothing of now.
 */
export type BreakerState =
  | { readonly type: "closed"; readonly failedAtMs: readonly number[] }
  | {
      readonly type: "open";
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly pauseMs: number;
    }
  | {
      readonly type: "probed";
      readonly probe: number;
      readonly sinceMs: number;
      readonly pauseMs: number;
    };

/** `call` is the number of the call that it is about, which was begun at `begunMs`. */
export type BreakerSignal = { readonly call: number; readonly atMs: number } & (
  | { readonly type: "probe" }
  | { readonly type: "answered" | "failed" | "silent"; readonly begunMs: number }
);

export const CLOSED: BreakerState = { type: "closed", failedAtMs: [] };
const LONGEST_PAUSE = 8;

export function nextBreaker(
  state: BreakerState,
  signal: BreakerSignal,
  policy: BreakerPolicy,
): BreakerState {
  switch (signal.type) {
    case "probe":
      return entryOf(state, signal.atMs) === "probe" && state.type === "open"
        ? { type: "probed", probe: signal.call, sinceMs: state.sinceMs, pauseMs: state.pauseMs }
        : state;
    case "answered":
      return answered(state, signal.begunMs);
    case "failed":
      return failed(state, signal, policy);
    case "silent":
      return isProbe(state, signal.call)
        ? { type: "open", sinceMs: state.sinceMs, untilMs: signal.atMs, pauseMs: state.pauseMs }
        : state;
    default:
      return signal satisfies never;
  }
}

/** What a call would be that comes now: one like any other, the probe, or one that passes the provider over. */
export function entryOf(state: BreakerState, nowMs: number): "call" | "probe" | "pass" {
  if (state.type === "closed") return "call";
  return state.type === "open" && nowMs >= state.untilMs ? "probe" : "pass";
}

function answered(state: BreakerState, begunMs: number): BreakerState {
  if (state.type !== "closed") return begunMs >= state.sinceMs ? CLOSED : state;
  if (state.failedAtMs.length === 0) return state;
  return { type: "closed", failedAtMs: state.failedAtMs.filter((atMs) => atMs > begunMs) };
}

function failed(
  state: BreakerState,
  { call, atMs }: BreakerSignal,
  { failures, withinMs, pauseMs }: BreakerPolicy,
): BreakerState {
  if (state.type === "closed") {
    const failedAtMs = [...state.failedAtMs.filter((before) => before > atMs - withinMs), atMs];
    if (failedAtMs.length < failures) return { type: "closed", failedAtMs };
    return { type: "open", sinceMs: atMs, untilMs: atMs + pauseMs, pauseMs };
  }
  if (!isProbe(state, call)) return state;
  const longerMs = Math.min(state.pauseMs * 2, pauseMs * LONGEST_PAUSE);
  return { type: "open", sinceMs: atMs, untilMs: atMs + longerMs, pauseMs: longerMs };
}

function isProbe(
  state: BreakerState,
  call: number,
): state is Extract<BreakerState, { type: "probed" }> {
  return state.type === "probed" && state.probe === call;
}
