import { HeddleError } from "../../errors.ts";
import type { ProviderSpec } from "../../protocol/provider.ts";
import type { BreakerInspection } from "../inspection.ts";
import type { Runtime } from "../runtime.ts";
import type { BreakerSignal, BreakerState } from "./breaker-state.ts";
import { CLOSED, entryOf, nextBreaker } from "./breaker-state.ts";
import { callVerdict } from "./call-verdict.ts";

/** A model call as its provider's breaker sees it. One of these is called in the end, and only the first of them counts. */
export type WatchedCall = {
  /** Nobody else may ask the provider before it is known how this call ends. */
  readonly isProbe: boolean;
  /** There is an answer, or the beginning of one. */
  answered(): void;
  failed(error: HeddleError): void;
};

/**
 * Notes how a provider's model calls end, those of all sessions, and says whether it is worth asking.
 *
 * It refuses nobody: who has another provider passes over one whose breaker is open, and who has none asks it all the same.
 */
export class Breaker {
  readonly #spec: Pick<ProviderSpec, "name" | "breaker">;
  readonly #runtime: Pick<Runtime, "clock" | "report">;
  #state: BreakerState = CLOSED;
  #nextCall = 0;
  #openings = 0;
  #lastFailure: HeddleError | undefined;

  constructor(
    spec: Pick<ProviderSpec, "name" | "breaker">,
    runtime: Pick<Runtime, "clock" | "report">,
  ) {
    this.#spec = spec;
    this.#runtime = runtime;
  }

  /** Why a call that could go elsewhere is to pass the provider over; undefined: it is to come. */
  refusal(): HeddleError | undefined {
    if (entryOf(this.#state, this.#nowMs()) !== "pass") return undefined;
    const { name } = this.#spec;
    const { untilMs } = this.inspect();
    const until =
      untilMs === undefined
        ? "one call is trying it out"
        : `it is tried again at ${new Date(untilMs).toISOString()}`;
    const message = `provider "${name}" has failed too often and is passed over: ${until}`;
    return new HeddleError("BREAKER_OPEN", message, {
      cause: this.#lastFailure,
      details: { provider: name, ...(untilMs === undefined ? {} : { untilMs }) },
    });
  }

  /** A model call begins, whether or not it was to pass the provider over. */
  begin(): WatchedCall {
    const call = this.#nextCall++;
    const begunMs = this.#nowMs();
    this.#take({ type: "probe", call, atMs: begunMs });
    const isProbe = this.#state.type === "probed" && this.#state.probe === call;
    let hasEnded: boolean = false;
    const end = (type: "answered" | "failed" | "silent", error?: HeddleError) => {
      if (hasEnded) return;
      hasEnded = true;
      this.#take({ type, call, begunMs, atMs: this.#nowMs() }, error);
    };
    return {
      isProbe,
      answered: () => end("answered"),
      failed: (error) => end(callVerdict(error.code).provider, error),
    };
  }

  inspect(): BreakerInspection {
    const state = this.#state;
    const openings = this.#openings;
    switch (state.type) {
      case "closed":
        return {
          state: "closed",
          failures: state.failedAtMs.length,
          untilMs: undefined,
          openings,
        };
      case "open": {
        const { clock } = this.#runtime;
        const leftMs = state.untilMs - clock.monotonicMs();
        const isOver = leftMs <= 0;
        const untilMs = isOver ? undefined : Math.ceil(clock.now() + leftMs);
        return { state: isOver ? "half-open" : "open", failures: 0, untilMs, openings };
      }
      case "probed":
        return { state: "half-open", failures: 0, untilMs: undefined, openings };
      default:
        return state satisfies never;
    }
  }

  #take(signal: BreakerSignal, error?: HeddleError): void {
    const before = this.#state;
    this.#state = nextBreaker(before, signal, this.#spec.breaker);
    if (signal.type === "failed") this.#lastFailure = error;
    const { name: provider } = this.#spec;
    const { report } = this.#runtime;
    const isOpen = this.#state.type !== "closed";
    if (this.#state.type === "open" && before.type === "closed" && error) {
      this.#openings += 1;
      report({ type: "breaker-opened", provider, error });
    }
    if (!isOpen && before.type !== "closed") {
      this.#lastFailure = undefined;
      report({ type: "breaker-closed", provider });
    }
  }

  #nowMs(): number {
    return this.#runtime.clock.monotonicMs();
  }
}
