/** What a provider was held to, check by check. */
export type ProviderReport = {
  /** Whether no check has failed. */
  readonly ok: boolean;
  readonly checks: readonly ProviderCheck[];
};

/** One rule. `skipped`: what it needs was not given, or did not come up; `why` says what. */
export type ProviderCheck = { readonly name: ProviderRule } & (
  | { readonly status: "passed" }
  | { readonly status: "skipped"; readonly why: string }
  | { readonly status: "failed"; readonly problems: readonly string[] }
);

/** The rules of `ModelProvider`, by name. */
export type ProviderRule =
  | "loads"
  | "streams its text"
  | "counts tokens"
  | "leaves the request as it is"
  | "serves many at once"
  | "is not begun when it is cancelled"
  | "stops when it is cancelled"
  | "stops when nothing more is wanted"
  | "waits for room"
  | "calls tools"
  | "goes on with a conversation"
  | "sends its state back"
  | "keeps others' state out"
  | "fails with a code";
