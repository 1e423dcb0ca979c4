import type { Message, Usage } from "../../index.ts";
import { visible } from "../confirm/visible.ts";
import { suggest } from "../suggest.ts";
import { sizeOf } from "../turn-view.ts";

const SLASHES = ["help", "history", "usage", "clear"] as const;

/** What a line that begins with a slash asks the command itself for. */
export type Slash =
  | { readonly type: (typeof SLASHES)[number] }
  | { readonly type: "unknown"; readonly reason: string };

/** Undefined: it is a prompt. A line that is more than a slash and one word is one, too. */
export function readSlash(text: string): Slash | undefined {
  const word = /^\/([a-z]+)\s*$/i.exec(text)?.[1];
  if (word === undefined) return undefined;
  const type = SLASHES.find((each) => each === word.toLowerCase());
  if (type !== undefined) return { type };
  const meant = suggest(word, SLASHES);
  const hint = meant === undefined ? "/help shows what there is" : `did you mean /${meant}?`;
  return { type: "unknown", reason: `unknown command /${word}: ${hint}` };
}

export const SLASH_HELP: readonly string[] = [
  "/help      this",
  "/history   the conversation so far",
  "/usage     the tokens that this chat has taken",
  "/clear     begins a new conversation",
  "A line that begins with a space is never a command.",
  "Ctrl-C cancels the answer that comes, and leaves where none does; Ctrl-D leaves.",
];

/** A conversation as lines: who says what, and which tools were called. */
export function historyLines(transcript: readonly Message[]): readonly string[] {
  return transcript.length === 0 ? ["nothing yet"] : transcript.flatMap(messageLines);
}

/** The tokens of a conversation on one line. */
export function usageLine({ inputTokens, outputTokens, totalTokens, estimated }: Usage): string {
  const about = estimated === true ? " (a part of it is estimated)" : "";
  return `${totalTokens} tokens: ${inputTokens} in, ${outputTokens} out${about}`;
}

function messageLines(message: Message): string[] {
  switch (message.role) {
    case "user":
      return [`> ${textOf(message.content)}`];
    case "assistant": {
      const { content, refusal, interrupted, toolCalls = [] } = message;
      const text = `${content}${refusal ?? ""}${interrupted === true ? " [interrupted]" : ""}`;
      const calls = toolCalls.map(({ name, argumentsText }) => {
        return `· ${visible(name)} ${visible(argumentsText)}`;
      });
      return [...(text === "" ? [] : [text]), ...calls];
    }
    case "tool":
      return [`· ${visible(message.toolName)} → ${sizeOf(textOf(message.content))}`];
    default:
      return message satisfies never;
  }
}

function textOf(content: Message["content"]): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join(" ");
}
