import type { ErrorCode } from "../../protocol/error.ts";

/** What the failure of a model call means for the call itself and for its provider. */
export type CallVerdict = {
  /** Whether another provider may answer in its place. */
  readonly fallsBack: boolean;
  /** `failed`: the provider does not serve; `answered`: it does; `silent`: the failure says nothing about that. */
  readonly provider: "failed" | "answered" | "silent";
};

const NOT_SERVED: CallVerdict = { fallsBack: true, provider: "failed" };
const OWN_MATTER: CallVerdict = { fallsBack: false, provider: "silent" };

/*
 * | the call has failed | next provider? | its own provider | because |
 * |---|---|---|---|
 * | it cannot be reached, is overloaded, breaks off, says nothing in time, or nothing that can be read | yes | failed | another server may be well |
 * | key refused, quota used up | yes | failed | another provider has a key and a quota of its own, and this one refuses everybody |
 * | rate limit | yes | silent | the limiter holds its provider back already, for as long as it was asked to |
 * | model not found | yes | answered | it is one worker's model that is gone, not the server |
 * | gateway lost | yes | silent | the thread is ours, and providers share it |
 * | bad request, context too long | no | answered | the request is at fault, and would be at the next one |
 * | anything else: cancel, `stepMs`, a budget, a script's end | no | silent | the caller wanted it so |
 */
const VERDICTS: { readonly [code in ErrorCode]?: CallVerdict } = {
  PROVIDER_UNAVAILABLE: NOT_SERVED,
  PROVIDER_CONNECTION: NOT_SERVED,
  PROVIDER_TRUNCATED: NOT_SERVED,
  PROVIDER_PROTOCOL: NOT_SERVED,
  PROVIDER_FAILED: NOT_SERVED,
  FIRST_CHUNK_TIMEOUT: NOT_SERVED,
  // Chunks came before it: it is too late for another provider.
  CHUNK_TIMEOUT: { fallsBack: false, provider: "failed" },
  PROVIDER_AUTH: NOT_SERVED,
  PROVIDER_QUOTA: NOT_SERVED,
  PROVIDER_RATE_LIMITED: { fallsBack: true, provider: "silent" },
  PROVIDER_NOT_FOUND: { fallsBack: true, provider: "answered" },
  GATEWAY_LOST: { fallsBack: true, provider: "silent" },
  PROVIDER_BAD_REQUEST: { fallsBack: false, provider: "answered" },
  PROVIDER_CONTEXT_LENGTH: { fallsBack: false, provider: "answered" },
};

/** Pure. `code` is what a model call has failed with once its provider's own retries were used up. */
export function callVerdict(code: ErrorCode): CallVerdict {
  return VERDICTS[code] ?? OWN_MATTER;
}
