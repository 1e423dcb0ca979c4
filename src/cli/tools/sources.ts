import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ToolSource } from "../../index.ts";
import { HeddleError, mcp } from "../../index.ts";
import type { ToolOption } from "./tool-option.ts";

const OWN = "heddle/tools/";

/**
 * A source of tools as a worker takes it; paths are relative to `cwd`.
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
