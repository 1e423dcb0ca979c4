import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";

type Tools = NonNullable<LanguageModelV4CallOptions["tools"]>;

/**
 * The prompt with marks where a server is to keep what came so far: at the instructions, and at the last two messages that are not the
 * model's own. So the marks move with a tool loop, and each request finds the mark of the one before. Pure.
 */
export function withMarks(
  prompt: LanguageModelV4Prompt,
  mark: SharedV4ProviderOptions,
): LanguageModelV4Prompt {
  const turns = prompt.flatMap(({ role }, i) => (role === "user" || role === "tool" ? [i] : []));
  const marked = new Set(turns.slice(-2));
  return prompt.map((message, i) =>
    message.role === "system" || marked.has(i) ? { ...message, providerOptions: mark } : message,
  );
}

/** The tools with a mark at the last one. Provider tools cannot carry one. Pure. */
export function withToolMark(tools: Tools, mark: SharedV4ProviderOptions): Tools {
  const last = tools.findLastIndex(({ type }) => type === "function");
  return tools.map((tool, i) =>
    i === last && tool.type === "function" ? { ...tool, providerOptions: mark } : tool,
  );
}
