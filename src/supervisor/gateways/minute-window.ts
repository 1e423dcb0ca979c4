import type { ProviderLimits } from "../../protocol/provider.ts";

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** Entries that have left the window are cut off once there are so many. */
const CUT_AT = 1_024;

/** A request that counts in the window: when it was sent, and how many tokens it is thought to take. */
export type WindowEntry = { readonly atMs: number; readonly tokens: number };

type Entry = { readonly atMs: number; tokens: number; hasLeft: boolean };

/**
 * What was sent in the last minute, and when the next request fits in.
 *
 * 1. In any stretch of 60,000 ms there are at most `requestsPerMinute` requests, and in any of 1,000 ms at most their
 *    sixtieth, rounded up: model servers enforce a limit per minute in smaller pieces, too.
 * 2. In any stretch of 60,000 ms the requests take at most `tokensPerMinute` tokens, as they were estimated when they were
 *    sent; but one that is larger than that is let in when there is no other in the window.
 *
 * Pure: times are passed in, and never go back.
 */
export class MinuteWindow {
  readonly #requestsPerMinute: number;
  readonly #tokensPerMinute: number;
  /** By time; those before `#first` have left the window. */
  readonly #entries: Entry[] = [];
  #first = 0;
  #tokens = 0;

  constructor({ requestsPerMinute, tokensPerMinute }: ProviderLimits) {
    this.#requestsPerMinute = requestsPerMinute ?? Number.POSITIVE_INFINITY;
    this.#tokensPerMinute = tokensPerMinute ?? Number.POSITIVE_INFINITY;
  }

  /** When a request of so many tokens fits in, if nothing is sent or corrected before: `nowMs` or later. */
  nextAtMs(nowMs: number, tokens: number): number {
    this.#leave(nowMs);
    const perSecond = Math.ceil(this.#requestsPerMinute / 60);
    return Math.max(
      nowMs,
      this.#afterLast(this.#requestsPerMinute, MINUTE_MS),
      this.#afterLast(perSecond, SECOND_MS),
      this.#roomAtMs(nowMs, tokens),
    );
  }

  /** A request is sent. */
  add(nowMs: number, tokens: number): WindowEntry {
    this.#leave(nowMs);
    const entry: Entry = { atMs: nowMs, tokens, hasLeft: false };
    this.#entries.push(entry);
    this.#tokens += tokens;
    return entry;
  }

  /** It is known how many tokens a request has really taken. They count from when it was sent; after a minute no longer. */
  correct(corrected: WindowEntry, tokens: number): void {
    const entry = corrected as Entry;
    if (entry.hasLeft) return;
    this.#tokens += tokens - entry.tokens;
    entry.tokens = tokens;
  }

  /** How many more requests and tokens this minute has; not below 0. */
  left(nowMs: number): { readonly requests: number; readonly tokens: number } {
    this.#leave(nowMs);
    return {
      requests: this.#requestsPerMinute - (this.#entries.length - this.#first),
      tokens: Math.max(0, this.#tokensPerMinute - this.#tokens),
    };
  }

  /** When the `count`-th last request is `ageMs` old. */
  #afterLast(count: number, ageMs: number): number {
    const index = this.#entries.length - count;
    const entry = index >= this.#first ? this.#entries[index] : undefined;
    return entry ? entry.atMs + ageMs : Number.NEGATIVE_INFINITY;
  }

  #roomAtMs(nowMs: number, tokens: number): number {
    let taken = this.#tokens;
    let atMs = nowMs;
    for (let i = this.#first; taken > 0 && taken + tokens > this.#tokensPerMinute; i++) {
      const entry = this.#entries[i];
      if (!entry) break;
      taken -= entry.tokens;
      atMs = entry.atMs + MINUTE_MS;
    }
    return atMs;
  }

  #leave(nowMs: number): void {
    for (
      let entry = this.#entries[this.#first];
      entry && entry.atMs + MINUTE_MS <= nowMs;
      entry = this.#entries[this.#first]
    ) {
      entry.hasLeft = true;
      this.#tokens -= entry.tokens;
      this.#first += 1;
    }
    if (this.#first < CUT_AT) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}
