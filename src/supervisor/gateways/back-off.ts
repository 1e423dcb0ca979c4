/** A server that asks for a longer pause is asked again after this one, in case it was wrong. */
const LONGEST_MS = 3_600_000;
/** How much later than asked the first request may come, so that those who share a key do not all come at once. */
const JITTER_MS = 1_000;
/** A request that was not refused for about so long counts as accepted: servers refuse at once, and a first token takes its time. */
const ACCEPTED_MS = 1_000;

/**
 * How a provider that has said "too many requests" is approached again.
 *
 * 1. While it backs off, nothing is sent.
 * 2. After that one request is sent. Each that is accepted makes room for one more beside it, so that their number grows
 *    as long as none is refused. What is accepted needs no room any more: it may take as long as it likes.
 * 3. A refusal begins it anew. It is over when nobody waits and nothing that was sent is unanswered.
 *
 * Pure: times and chance (from 0 to 1) are passed in.
 */
export class BackOff {
  #endMs = Number.NEGATIVE_INFINITY;
  /** Without jitter. */
  #askedUntilMs = Number.NEGATIVE_INFINITY;
  #isRecovering: boolean = false;
  #room = 1;
  /** Requests sent since, and when each counts as accepted. */
  readonly #unanswered = new Map<object, number>();

  /** Until when nothing is sent; undefined if that is past. */
  untilMs(nowMs: number): number | undefined {
    return nowMs < this.#endMs ? this.#endMs : undefined;
  }

  /** For how long the provider does not want to be asked, from now. */
  askedMs(nowMs: number): number {
    return Math.max(0, this.#askedUntilMs - nowMs);
  }

  /** The provider has refused a request, and nothing is to be sent for `waitMs`. The longest wish counts. */
  begin(nowMs: number, waitMs: number, chance: number): void {
    const waitedMs = Math.min(waitMs, LONGEST_MS);
    const jitterMs = Math.min(JITTER_MS, waitedMs / 4) * chance;
    this.#askedUntilMs = Math.max(this.#askedUntilMs, nowMs + waitedMs);
    this.#endMs = Math.max(this.#endMs, nowMs + waitedMs + jitterMs);
    this.#isRecovering = true;
    this.#room = 1;
    this.#unanswered.clear();
  }

  /** When a request may be sent, if none is answered before: `nowMs` or later. */
  nextAtMs(nowMs: number): number {
    if (!this.#isRecovering) return nowMs;
    if (nowMs < this.#endMs) return this.#endMs;
    this.#accept(nowMs);
    return this.#unanswered.size < this.#room ? nowMs : Math.min(...this.#unanswered.values());
  }

  sent(nowMs: number, request: object, chance: number): void {
    if (this.#isRecovering) this.#unanswered.set(request, nowMs + ACCEPTED_MS * (0.5 + chance));
  }

  /** It has ended without being refused. */
  answered(request: object): void {
    if (this.#unanswered.delete(request)) this.#room += 1;
  }

  /** Nobody waits. */
  rest(nowMs: number): void {
    this.#accept(nowMs);
    if (this.#unanswered.size === 0 && nowMs >= this.#endMs) this.#isRecovering = false;
  }

  #accept(nowMs: number): void {
    for (const [request, atMs] of this.#unanswered) if (atMs <= nowMs) this.answered(request);
  }
}
