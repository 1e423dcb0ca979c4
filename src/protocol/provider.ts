/** How a failed model call is sent again: only while nothing of its response was delivered, and only if the failure is a passing one. */
export type RetryPolicy = {
  /** How many times after the first attempt, 0 to 10. @defaultValue 2 */
  readonly maxRetries: number;
  /** The first delay; it doubles from attempt to attempt, with jitter. 50 or more. @defaultValue 500 */
  readonly initialDelayMs: number;
  /** The longest delay, also where the server asks for a longer one. Up to 600,000. @defaultValue 60_000 */
  readonly maxDelayMs: number;
};

/**
 * What may be sent to a provider, by all sessions together. What is left out is not limited.
 *
 * A request that has to wait keeps its worker's thread; its `stepMs` and `firstChunkMs` do not run meanwhile, `totalMs` does.
 */
export type ProviderLimits = {
  /**
   * Requests in any 60 seconds, retries included, 1 to 1,000,000. They are spread: in any second, no more than a sixtieth of it,
   * rounded up.
   */
  readonly requestsPerMinute?: number;
  /**
   * Tokens in any 60 seconds, 1 to 1,000,000,000. A request counts from when it is sent, with an estimate: its characters divided
   * by 4, 1,000 for each image or file, and its `maxOutputTokens` (1,000 if it has none). Once the model's server has said what
   * it took, that counts in its place. One that is larger than the limit is sent when there was no other for a minute.
   */
  readonly tokensPerMinute?: number;
  /** Requests under way at once, 1 to 1,000,000. */
  readonly maxConcurrent?: number;
};

/**
 * When a provider is passed over by those who have another (`fallback`). After the pause one call tries it out: an answer ends
 * that, a failure doubles the pause, up to eight times `pauseMs`. Who has no other provider asks it all the same.
 */
export type BreakerPolicy = {
  /** After how many failed model calls, with no answer between them, 1 to 1,000. @defaultValue 5 */
  readonly failures: number;
  /** Within how many ms they count together, 1 to 3,600,000. @defaultValue 60_000 */
  readonly withinMs: number;
  /** How long it is passed over at first, in ms, 1 to 3,600,000. @defaultValue 30_000 */
  readonly pauseMs: number;
};

/** A provider as plain data: where its code is, and what its code is given. `openaiProvider()` and `scriptedProvider()` return one. */
export type ProviderDescriptor = {
  /** A module that exports `createProvider(options, context)`. It is loaded in a gateway thread, never in the caller's. */
  readonly module: URL | string;
  /** Handed to `createProvider`: plain data (structured clone). */
  readonly options?: unknown;
  /** Names of environment variables of the host whose values the provider may have. A gateway's own environment is empty. */
  readonly env?: readonly string[];
  readonly retry?: Partial<RetryPolicy>;
  readonly limits?: ProviderLimits;
  readonly breaker?: Partial<BreakerPolicy>;
};

/** A provider as its gateway gets it. */
export type ProviderSpec = {
  readonly name: string;
  readonly moduleUrl: string;
  readonly options: unknown;
  readonly env: { readonly [name: string]: string };
  readonly retry: RetryPolicy;
  readonly limits: ProviderLimits;
  readonly breaker: BreakerPolicy;
};
