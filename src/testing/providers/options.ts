import type { ModelSettings, ToolSpec } from "../../protocol/model.ts";

/** What a provider is asked in its checks. Without a field, the checks that need it are skipped. */
export type CheckProviderOptions = {
  /** A prompt that is answered with text. @defaultValue "Say hello." */
  readonly prompt?: string;
  /** A prompt whose answer is long, 1 MiB of text or more, or without an end: for backpressure. A test server can give one. */
  readonly longPrompt?: string;
  /** A prompt that is answered with at least one call of `tools`, and, once the calls have their results, with text. */
  readonly toolPrompt?: string;
  readonly tools?: readonly ToolSpec[];
  /** A prompt that fails. */
  readonly failingPrompt?: string;
  /** The bodies of the requests that your test server has received, the latest last: what was kept is looked for in them. */
  readonly bodies?: () => readonly string[];
  /** @defaultValue none */
  readonly settings?: ModelSettings;
  /** Of a descriptor: where the variables of its `env` are. @defaultValue `process.env` */
  readonly env?: { readonly [name: string]: string | undefined };
  /** How long a cancelled request may take to end, in ms. @defaultValue 5_000 */
  readonly settleMs?: number;
  /** How long any other request may take, in ms. @defaultValue 60_000 */
  readonly answerMs?: number;
};
