import { HeddleError } from "../../errors.ts";
import type { ProviderSpec } from "../../protocol/provider.ts";
import type { Timer } from "../../transport/clock.ts";
import type { ProviderInspection } from "../inspection.ts";
import type { Runtime } from "../runtime.ts";
import { BackOff } from "./back-off.ts";
import { FairQueue } from "./fair-queue.ts";
import type { WindowEntry } from "./minute-window.ts";
import { MinuteWindow } from "./minute-window.ts";

/** A request as a limiter sees it. */
export type Applicant = {
  /** Whose turn it takes. */
  readonly session: string;
  /** Asked only where tokens are limited, first by `request`. */
  readonly estimatedTokens: number;
  /** It is to be sent now. */
  onTurn(): void;
  /** It has to wait; `untilMs`, in Unix time, where that is known. */
  onWaiting(reason: "rate-limit" | "retry", untilMs: number | undefined): void;
  /** It would have to wait longer than it may, and is out of the limiter. */
  onRefused(error: HeddleError): void;
};

/** How a request has ended. `tokens` is what it took, if that is known. */
export type RequestEnd = { readonly tokens?: number; readonly error?: HeddleError };

/** Where an applicant is. `order` is its place among those of its session. */
type Standing = { readonly order: number } & (
  | { readonly type: "pausing"; readonly timer: Timer }
  | { readonly type: "waiting"; readonly sinceMs: number }
  | { readonly type: "sent"; readonly entry: WindowEntry | undefined }
);

/**
 * Decides when a provider's requests are sent: within its limits, never while it has asked for a pause, and session by session in turn.
 *
 * There is one for each provider, for all gateways and sessions. A request that the provider refuses (`PROVIDER_RATE_LIMITED`)
 * makes all others wait as well.
 */
export class Limiter {
  readonly #spec: Pick<ProviderSpec, "name" | "limits" | "retry">;
  readonly #runtime: Pick<Runtime, "clock" | "random">;
  readonly #window: MinuteWindow | undefined;
  readonly #maxConcurrent: number;
  readonly #backOff: BackOff = new BackOff();
  readonly #standings = new Map<Applicant, Standing>();
  readonly #queue: FairQueue<Applicant> = new FairQueue();
  #inFlight = 0;
  #waits = 0;
  #waitedMs = 0;
  #nextOrder = 0;
  #timer: Timer | undefined;
  #isLooking: boolean = false;

  constructor(
    spec: Pick<ProviderSpec, "name" | "limits" | "retry">,
    runtime: Pick<Runtime, "clock" | "random">,
  ) {
    const { requestsPerMinute, tokensPerMinute, maxConcurrent } = spec.limits;
    const hasWindow = requestsPerMinute !== undefined || tokensPerMinute !== undefined;
    this.#spec = spec;
    this.#runtime = runtime;
    this.#window = hasWindow ? new MinuteWindow(spec.limits) : undefined;
    this.#maxConcurrent = maxConcurrent ?? Number.POSITIVE_INFINITY;
  }

  /** Asks for a turn: it comes in this call, or later. Throws what `estimatedTokens` throws, and has then done nothing. */
  request(applicant: Applicant): void {
    this.#apply(applicant, this.#nextOrder++);
  }

  /** A request that was sent is to be sent again, because of `error`, `delayMs` from now at the earliest. It keeps its place. */
  again(applicant: Applicant, error: HeddleError, delayMs: number): void {
    const standing = this.#standings.get(applicant);
    if (standing?.type !== "sent") return;
    const { order } = standing;
    this.#ended(applicant, { error }, delayMs);
    if (isRefusal(error)) {
      this.#apply(applicant, order);
      return;
    }
    const { clock } = this.#runtime;
    const timer = clock.setTimer(delayMs, () => this.#apply(applicant, order));
    this.#standings.set(applicant, { type: "pausing", order, timer });
    applicant.onWaiting("retry", clock.now() + delayMs);
  }

  /** A request has ended, or needs no turn any more. */
  leave(applicant: Applicant, end: RequestEnd = {}): void {
    const standing = this.#standings.get(applicant);
    if (standing?.type === "sent") this.#ended(applicant, end, this.#wishOf(end.error));
    else this.withdraw(applicant);
  }

  /** Gives up a turn that has not come yet. */
  withdraw(applicant: Applicant): void {
    const standing = this.#standings.get(applicant);
    if (!standing || standing.type === "sent") return;
    this.#standings.delete(applicant);
    if (standing.type === "pausing") standing.timer.cancel();
    this.#waited(standing);
    this.#queue.remove(applicant.session, applicant);
    this.#lookSoon();
  }

  inspect(): Omit<ProviderInspection, "breaker"> {
    const { clock } = this.#runtime;
    const nowMs = clock.monotonicMs();
    const { name, limits } = this.#spec;
    const left = this.#window?.left(nowMs);
    return {
      name,
      limits,
      inFlight: this.#inFlight,
      waiting: this.#queue.size,
      waitingBySession: this.#queue.sizes.map(([session, waiting]) => ({ session, waiting })),
      backingOffUntilMs: this.#wallTime(this.#backOff.untilMs(nowMs)),
      waits: this.#waits,
      waitedMs: this.#waitedMs,
      requestsLeft: limits.requestsPerMinute === undefined ? undefined : left?.requests,
      tokensLeft: limits.tokensPerMinute === undefined ? undefined : left?.tokens,
    };
  }

  #apply(applicant: Applicant, order: number): void {
    const nowMs = this.#runtime.clock.monotonicMs();
    const tooLongMs = this.#tooLongMs(nowMs);
    const atMs = this.#nextAtMs(nowMs, applicant);
    const isNext = this.#queue.size === 0;
    if (tooLongMs !== undefined) this.#refuse(applicant, tooLongMs);
    else if (isNext && atMs <= nowMs) this.#send(applicant, order, nowMs);
    else {
      this.#standings.set(applicant, { type: "waiting", order, sinceMs: nowMs });
      this.#queue.add(applicant.session, order, applicant);
      this.#lookSoon();
      const knownMs = isNext ? atMs : this.#backOff.untilMs(nowMs);
      applicant.onWaiting("rate-limit", this.#wallTime(knownMs));
    }
  }

  #send(applicant: Applicant, order: number, nowMs: number): void {
    const { random } = this.#runtime;
    this.#waited(this.#standings.get(applicant));
    this.#inFlight += 1;
    this.#backOff.sent(nowMs, applicant, random());
    const entry = this.#window?.add(nowMs, this.#tokensOf(applicant));
    this.#standings.set(applicant, { type: "sent", order, entry });
    applicant.onTurn();
  }

  #ended(applicant: Applicant, { tokens, error }: RequestEnd, waitMs: number): void {
    const standing = this.#standings.get(applicant);
    if (standing?.type !== "sent") return;
    this.#standings.delete(applicant);
    this.#inFlight -= 1;
    const isRefused = error !== undefined && isRefusal(error);
    const took = isRefused ? 0 : tokens;
    if (standing.entry && took !== undefined) this.#window?.correct(standing.entry, took);
    if (isRefused) this.#refusedFor(applicant, waitMs);
    else this.#backOff.answered(applicant);
    this.#lookSoon();
  }

  #refusedFor(applicant: Applicant, waitMs: number): void {
    const { clock, random } = this.#runtime;
    const nowMs = clock.monotonicMs();
    this.#backOff.refused(nowMs, applicant, waitMs, random());
    const tooLongMs = this.#tooLongMs(nowMs);
    if (tooLongMs === undefined) return;
    for (let next = this.#queue.take(); next; next = this.#queue.take()) {
      this.#refuse(next, tooLongMs);
    }
  }

  /** How long the provider does not want to be asked, if that is longer than a request may wait for it. */
  #tooLongMs(nowMs: number): number | undefined {
    const askedMs = Math.round(this.#backOff.askedMs(nowMs));
    return askedMs > this.#spec.retry.maxDelayMs ? askedMs : undefined;
  }

  #refuse(applicant: Applicant, waitMs: number): void {
    const { name, retry } = this.#spec;
    this.#waited(this.#standings.get(applicant));
    this.#standings.delete(applicant);
    const message = `provider "${name}" has asked for a pause that is longer than its retry.maxDelayMs (${retry.maxDelayMs})`;
    const details = { retryable: true, retryAfterMs: waitMs };
    applicant.onRefused(new HeddleError("PROVIDER_RATE_LIMITED", message, { details }));
  }

  /** Whoever stood so waits no longer. */
  #waited(standing: Standing | undefined): void {
    if (standing?.type !== "waiting") return;
    this.#waits += 1;
    this.#waitedMs += this.#runtime.clock.monotonicMs() - standing.sinceMs;
  }

  /** At the end of this turn: what ends together is looked at once, and nobody is sent in the middle of another's end. */
  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    queueMicrotask(() => this.#look());
  }

  #look(): void {
    this.#isLooking = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock } = this.#runtime;
    const nowMs = clock.monotonicMs();
    for (let next = this.#queue.first; next; next = this.#queue.first) {
      const atMs = this.#nextAtMs(nowMs, next);
      if (atMs > nowMs) {
        // Without end: it waits for another one to end, and then it is looked at again.
        if (atMs < Number.POSITIVE_INFINITY) {
          this.#timer = clock.setTimer(Math.max(1, Math.ceil(atMs - nowMs)), () => this.#look());
        }
        return;
      }
      this.#queue.take();
      this.#send(next, this.#standings.get(next)?.order ?? 0, nowMs);
    }
    this.#backOff.rest(nowMs);
  }

  #nextAtMs(nowMs: number, applicant: Applicant): number {
    const fitsAtMs = this.#window?.nextAtMs(nowMs, this.#tokensOf(applicant)) ?? nowMs;
    if (this.#inFlight >= this.#maxConcurrent) return Number.POSITIVE_INFINITY;
    return Math.max(fitsAtMs, this.#backOff.nextAtMs(nowMs));
  }

  #tokensOf(applicant: Applicant): number {
    return this.#spec.limits.tokensPerMinute === undefined ? 0 : applicant.estimatedTokens;
  }

  #wishOf(error: HeddleError | undefined): number {
    const asked = error?.details["retryAfterMs"];
    const isWish = typeof asked === "number" && asked >= 0;
    return isWish ? asked : this.#spec.retry.initialDelayMs;
  }

  #wallTime(atMs: number | undefined): number | undefined {
    const { clock } = this.#runtime;
    if (atMs === undefined || atMs === Number.POSITIVE_INFINITY) return undefined;
    return Math.ceil(clock.now() + atMs - clock.monotonicMs());
  }
}

function isRefusal(error: HeddleError): boolean {
  return error.code === "PROVIDER_RATE_LIMITED";
}
