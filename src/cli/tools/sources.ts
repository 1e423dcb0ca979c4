import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ToolSource } from "../../index.ts";
import { HeddleError, mcp } from "../../index.ts";
import { splitWords } from "./words.ts";

/** Where `--tools` and `--mcp` say that tools come from. */
export type ToolOption =
  | { readonly type: "module"; readonly module: string; readonly options: unknown }
  | { readonly type: "command"; readonly command: string; readonly args: readonly string[] }
  | { readonly type: "server"; readonly url: string };

const OWN = "heddle/tools/";

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

/**
 * The same for a worker; paths are relative to `cwd`.
 *
 * @throws {HeddleError} `INVALID_OPTION` when there is no such file, and what `mcp()` throws.
 */
export function sourceOf(option: ToolOption, cwd: string): ToolSource {
  switch (option.type) {
    case "module":
      return moduleSource(option.module, option.options, cwd);
    case "command":
      return mcp({ command: option.command, args: option.args });
    case "server":
      return mcp({ url: option.url });
    default:
      return option satisfies never;
  }
}

function moduleSource(named: string, options: unknown, cwd: string): ToolSource {
  const module = named.startsWith(OWN) ? named : pathOf(named, cwd);
  return { module, ...(options === undefined ? {} : { options }) };
}

function pathOf(named: string, cwd: string): string {
  const path = named.startsWith("file://") ? fileURLToPath(named) : resolve(cwd, named);
  if (existsSync(path)) return path;
  const message = `--tools: there is no file ${path}; a module is a file, or one of heddle/tools/fs, heddle/tools/http, heddle/tools/shell`;
  throw new HeddleError("INVALID_OPTION", message, { details: { field: "tools" } });
}
