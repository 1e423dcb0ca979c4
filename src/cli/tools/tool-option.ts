import { splitWords } from "./words.ts";

/** Where `--tools` and `--mcp` say that tools come from. */
export type ToolOption =
  | { readonly type: "module"; readonly module: string; readonly options: unknown }
  | { readonly type: "command"; readonly command: string; readonly args: readonly string[] }
  | { readonly type: "server"; readonly url: string };

/** Reads a value of `--tools`: a module, and behind the first `={` its options as JSON. Pure. */
export function readModule(text: string, problems: string[]): ToolOption[] {
  const at = text.indexOf("={");
  if (at < 0) return [{ type: "module", module: text, options: undefined }];
  const module = text.slice(0, at);
  if (module === "") problems.push(`--tools names no module: "${text}"`);
  try {
    return [{ type: "module", module, options: JSON.parse(text.slice(at + 1)) }];
  } catch (error) {
    problems.push(`--tools ${module}: its options are no JSON: ${(error as Error).message}`);
    return [];
  }
}

/** Reads a value of `--mcp`: an http or https URL, or a command line. Pure. */
export function readServer(text: string, problems: string[]): ToolOption[] {
  if (/^https?:\/\//i.test(text)) {
    if (URL.canParse(text)) return [{ type: "server", url: text }];
    problems.push(`--mcp: "${text}" is no URL`);
    return [];
  }
  const split = splitWords(text);
  if (split.type === "refused") {
    problems.push(`--mcp: ${split.reason}, in: ${text}`);
    return [];
  }
  const [command, ...args] = split.words;
  return command === undefined ? [] : [{ type: "command", command, args }];
}
