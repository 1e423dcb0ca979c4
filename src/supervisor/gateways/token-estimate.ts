import type { ContentPart, Message, ModelRequest } from "../../protocol/model.ts";

const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_MEDIUM = 1_000;
const OUTPUT_TOKENS = 1_000;

/** How many tokens a request is thought to take: those of its input, and `maxOutputTokens`, or 1,000 if that is left out. */
export function estimateTokens(request: ModelRequest): number {
  return estimateInputTokens(request) + (request.settings.maxOutputTokens ?? OUTPUT_TOKENS);
}

/** The input's part: the characters of instructions, messages, tools and output schema divided by 4, and 1,000 for each image or file. */
export function estimateInputTokens(request: ModelRequest): number {
  const { instructions, messages, tools, output: spec } = request;
  const schemas = [tools, spec?.schema].map((given) => (given ? JSON.stringify(given) : ""));
  const texts = [instructions ?? "", ...schemas];
  const parts = messages.flatMap(contentOf);
  const media = parts.filter((part) => typeof part !== "string" && part.type !== "text").length;
  const characters = [...texts, ...parts.map(textOf)].reduce((sum, text) => sum + text.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + media * TOKENS_PER_MEDIUM;
}

function contentOf(message: Message): readonly (string | ContentPart)[] {
  const { content } = message;
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  return [
    ...(typeof content === "string" ? [content] : content),
    ...calls.map(({ name, argumentsText }) => name + argumentsText),
    ...thoughtsOf(message),
  ];
}

/** What goes back with a message beside its text and its calls. */
function thoughtsOf(message: Message): readonly string[] {
  const parts = message.role === "assistant" ? (message.parts ?? []) : [];
  return parts.flatMap((part) => (part.type === "reasoning" && part.state ? [part.text] : []));
}

function textOf(part: string | ContentPart): string {
  if (typeof part === "string") return part;
  return part.type === "text" ? part.text : "";
}
