import type { OptionSpec } from "../option-spec.ts";

export const TOOL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "tools",
    value: "MODULE",
    group: "Tools",
    help: [
      "A module of tools: a file, or heddle/tools/fs, heddle/tools/http or",
      `heddle/tools/shell; with options: MODULE='{"roots":["."]}'.`,
      "Repeatable.",
    ],
  },
  {
    name: "mcp",
    value: "SERVER",
    group: "Tools",
    help: [
      "The tools of an MCP server: an http or https URL, or a command line,",
      "which no shell reads (quotes and backslashes as in sh). Repeatable.",
    ],
  },
  {
    name: "grant",
    value: "LIST",
    group: "Tools",
    help: [
      "What tools may do, by commas: net, child-process, sqlite,",
      "fs-read=DIR, fs-write=DIR, env=NAME. Repeatable. Default: nothing.",
    ],
  },
  {
    name: "confirm",
    value: "HOW",
    group: "Tools",
    help: [
      "Calls of tools that need approval: ask (default; without a terminal",
      "it denies), allow or deny.",
    ],
  },
];
