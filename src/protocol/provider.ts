/** How a failed model call is sent again: only while nothing of its response was delivered, and only if the failure is a passing one. */
export type RetryPolicy = {
  /** How many times after the first attempt, 0 to 10. @defaultValue 2 */
  readonly maxRetries: number;
  /** The first delay; it doubles from attempt to attempt, with jitter. 50 or more. @defaultValue 500 */
  readonly initialDelayMs: number;
  /** The longest delay, also where the server asks for a longer one. Up to 600,000. @defaultValue 60_000 */
  readonly maxDelayMs: number;
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
};

/** A provider as its gateway gets it. */
export type ProviderSpec = {
  readonly name: string;
  readonly moduleUrl: string;
  readonly options: unknown;
  readonly env: { readonly [name: string]: string };
  readonly retry: RetryPolicy;
};
