/** A server that asks for a longer pause is asked again after this one, in case it was wrong. */
const LONGEST_MS = 3_600_000;
/** How much later than asked the first request may come, so that those who share a key do not all come at once. */
const JITTER_MS = 1_000;
/** A request that was not refused for about so long counts as accepted: servers refuse at once, and a first token takes its time. */
const ACCEPTED_MS = 1_000;
/** How much longer the gaps are than those that the provider was seen to take. */
const SLACK = 1.25;
/** A gap is no longer than this, whatever was seen: no provider's limits are for less than a request in a minute. */
const LONGEST_GAP_MS = 60_000;
/** In which time without a refusal gaps become half as long. */
const HALVED_MS = 10_000;

/**
 * How a provider that has said "too many requests" is approached again.
 *
 * 1. While it backs off, nothing is sent.
 * 2. After that one request is sent. Each that is accepted makes room for one more beside it, so that their number grows
 *    as long as none is refused. What is accepted needs no room any more: it may take as long as it likes.
 * 3. If one of these is refused, too, it is known how many the provider took in which time. From then on there are gaps
 *    between the requests, a little longer than that, and shorter and shorter as long as none is refused.
 * 4. It is over when nobody waits and nothing that was sent is unanswered.
 *
 * Pure: times and chance (from 0 to 1) are passed in.
 */
export class BackOff {
  #endMs = Number.NEGATIVE_INFINITY;
  /** Without jitter. */
  #askedUntilMs = Number.NEGATIVE_INFINITY;
  #isRecovering: boolean = false;
  /** When it began, or began anew. */
  #beganMs = 0;
  #gapMs = 0;
  /** When the gap after the last request is over. */
  #gapEndMs = Number.NEGATIVE_INFINITY;
  /** How many may be unanswered: one more than were accepted since. */
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
  refused(nowMs: number, request: object, waitMs: number, chance: number): void {
    const gapMs = this.#isRecovering ? this.#longerGapMs(nowMs) : 0;
    const waitedMs = Math.min(waitMs, LONGEST_MS);
    const jitterMs = Math.min(JITTER_MS, waitedMs / 4) * chance;
    this.#askedUntilMs = Math.max(this.#askedUntilMs, nowMs + waitedMs);
    this.#endMs = Math.max(this.#endMs, nowMs + waitedMs + jitterMs);
    // Of those that were sent together, the first one says it for all.
    if (this.#isRecovering && !this.#unanswered.has(request)) return;
    this.#gapMs = gapMs;
    this.#isRecovering = true;
    this.#beganMs = nowMs;
    this.#room = 1;
    this.#unanswered.clear();
  }

  /** When a request may be sent, if none is answered before: `nowMs` or later. */
  nextAtMs(nowMs: number): number {
    if (!this.#isRecovering) return nowMs;
    if (nowMs < this.#endMs) return this.#endMs;
    this.#accept(nowMs);
    const hasRoom = this.#unanswered.size < this.#room;
    const roomMs = hasRoom ? nowMs : Math.min(...this.#unanswered.values());
    return Math.max(roomMs, this.#gapEndMs);
  }

  sent(nowMs: number, request: object, chance: number): void {
    if (!this.#isRecovering) return;
    const spread = 0.5 + chance;
    this.#unanswered.set(request, nowMs + ACCEPTED_MS * spread);
    this.#gapEndMs = nowMs + this.#gapAtMs(nowMs) * spread;
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

  /** A few requests in a short time say little of what a provider takes: but that the last gap was too short. */
  #longerGapMs(nowMs: number): number {
    const takenMs = (nowMs - this.#beganMs) / Math.max(1, this.#room - 1);
    return Math.min(LONGEST_GAP_MS, Math.max(takenMs, this.#gapAtMs(nowMs)) * SLACK);
  }

  #gapAtMs(nowMs: number): number {
    return this.#gapMs * 2 ** (Math.min(0, this.#endMs - nowMs) / HALVED_MS);
  }

  #accept(nowMs: number): void {
    for (const [request, atMs] of this.#unanswered) if (atMs <= nowMs) this.answered(request);
  }
}
