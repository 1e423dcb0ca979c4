import type { LineReader } from "../line-reader.ts";
import type { Line } from "../lines.ts";
import { readLines } from "../lines.ts";

/** What a person, or a pipe, has to say next. */
export type Prompt =
  | { readonly type: "prompt"; readonly text: string }
  /** A line that cannot be one. */
  | { readonly type: "unusable"; readonly reason: string }
  /** Ctrl-C where nothing ran. */
  | { readonly type: "interrupted" }
  /** There is nothing more. */
  | { readonly type: "end" };

export type Prompts = { readonly next: () => Promise<Prompt> };

const MAX_LINE_BYTES = 1024 * 1024;

/** From a terminal. Lines that are pasted at once are one prompt. `stop` takes a question back. */
export function terminalPrompts(reader: LineReader, mark: string, stop: AbortSignal): Prompts {
  const history: string[] = [];
  const next = async (): Promise<Prompt> => {
    for (;;) {
      const answer = await reader.ask(mark, { signal: stop, history, clearsLine: true });
      if (answer.type === "interrupted") return { type: "interrupted" };
      if (answer.type !== "lines") return { type: "end" };
      const text = answer.lines.join("\n");
      if (text.trim() === "") continue;
      history.unshift(...answer.lines.toReversed());
      return { type: "prompt", text };
    }
  };
  return { next };
}

/** From a pipe or a file: each line is one. Blank ones are passed over. */
export function pipedPrompts(chunks: AsyncIterable<Buffer>): Prompts {
  const prompts = promptsOf(chunks);
  return { next: async () => (await prompts.next()).value ?? { type: "end" } };
}

async function* promptsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Prompt, undefined> {
  for await (const line of readLines(chunks, MAX_LINE_BYTES)) {
    const prompt = promptOf(line);
    if (prompt !== undefined) yield prompt;
  }
}

/** Undefined: the line is blank. */
function promptOf(line: Line): Prompt | undefined {
  if (line.type === "too-long") return unusable(line.number, "is longer than 1 MiB");
  const text = decoded(line.bytes);
  if (text === undefined) return unusable(line.number, "is not valid UTF-8");
  return text.trim() === "" ? undefined : { type: "prompt", text: text.replace(/\r$/, "") };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decoded(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function unusable(line: number, what: string): Prompt {
  return { type: "unusable", reason: `line ${line} ${what}` };
}
