import type { ModelProvider } from "../../providers/model-provider.ts";
import type { CheckProviderOptions } from "./options.ts";

/** What a rule has found: nothing, what is wrong, or why it could not be looked at. */
export type Finding = { readonly problems: readonly string[] } | { readonly why: string };
export type Asked = {
  readonly provider: ModelProvider;
  readonly options: Required<Pick<CheckProviderOptions, "settleMs" | "answerMs">> &
    CheckProviderOptions;
};
export type Rule = (asked: Asked) => Promise<Finding>;
