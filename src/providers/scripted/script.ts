import type { ResponseFinishReason, ResponsePart, Usage } from "../../protocol/model.ts";
import type { BreakerPolicy, ProviderLimits } from "../../protocol/provider.ts";

/** What the scripted provider does, as plain data. */
export type Script = {
  /** One response per model call of a worker, in order. */
  readonly responses: readonly ScriptedResponse[];
  /** Begin again after the last response. @defaultValue false: a call past the end fails with `SCRIPT_EXHAUSTED` */
  readonly repeat?: boolean;
  /** Where texts without `chunks` are cut into pieces of 1 to 8 characters. The same seed cuts them the same. @defaultValue 1 */
  readonly seed?: number;
  readonly limits?: ProviderLimits;
  readonly breaker?: Partial<BreakerPolicy>;
};

export type ScriptedResponse = ScriptedAnswer | ScriptedFailure | ScriptedStall;

/** How a text comes. */
export type ScriptedPace = {
  /** Into how many chunks the text is cut, about equal; at most one per character. */
  readonly chunks?: number;
  /** Counted from when the call comes: the n-th chunk, from 0, is due n / `chunksPerSecond` seconds later. @defaultValue as fast as they are taken */
  readonly chunksPerSecond?: number;
};

export type ScriptedAnswer = ScriptedPace & {
  readonly text?: string;
  /** Comes before the text. */
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Sends the text again and again, until cancelled. */
  readonly endless?: boolean;
  /** @defaultValue "tool-calls" with tool calls, "refusal" with a refusal, else "stop" */
  readonly finishReason?: ResponseFinishReason;
  /** As a provider gives them; text and tool calls stand beside them as well. A `state` needs only its `data`. */
  readonly parts?: readonly ResponsePart[];
  readonly warnings?: readonly string[];
  /** @defaultValue about one token for four characters */
  readonly usage?: Usage;
};

/** `args` is sent as JSON; `argumentsText` as it is, also when it is not JSON. */
export type ScriptedToolCall = {
  readonly id?: string;
  readonly name: string;
  readonly args?: unknown;
  readonly argumentsText?: string;
};

/** Fails as a model server's answer with that status would; with a text, after that text. A 429 holds the provider's other requests back for 500 ms. */
export type ScriptedFailure = ScriptedPace & {
  readonly error: { readonly status: number; readonly message: string };
  readonly text?: string;
};

/** Sends the text, if any, and then nothing more until cancelled. */
export type ScriptedStall = ScriptedPace & { readonly stall: true; readonly text?: string };
