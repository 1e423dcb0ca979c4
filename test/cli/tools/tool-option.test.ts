import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { sourceOf } from "../../../src/cli/tools/sources.ts";
import { readModule, readServer } from "../../../src/cli/tools/tool-option.ts";
import { mcp } from "../../../src/index.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

describe("--tools", () => {
  test.each([
    ["./tools.js", "./tools.js", undefined],
    ["heddle/tools/fs", "heddle/tools/fs", undefined],
    ['heddle/tools/fs={"roots":["."]}', "heddle/tools/fs", { roots: ["."] }],
    ["a=b.js", "a=b.js", undefined],
    ['a=b.js={"c":"={"}', "a=b.js", { c: "={" }],
  ])("%s", (text, module, options) => {
    expect(readModule(text, [])).toEqual([{ type: "module", module, options }]);
  });

  test.each([
    ['x.js={"a":', "--tools x.js: its options are no JSON"],
    ["={}", "--tools names no module"],
  ])("%s is refused", (text, expected) => {
    const problems: string[] = [];
    readModule(text, problems);
    expect(problems.join("\n")).toContain(expected);
  });

  test("a file is found from the working directory; Heddle's own are left as they are", () => {
    const file = { type: "module", module: "tool-option.test.ts", options: { a: 1 } } as const;
    const path = `${here}tool-option.test.ts`;
    expect(sourceOf(file, here)).toEqual({ module: path, options: { a: 1 } });
    const own = { type: "module", module: "heddle/tools/fs", options: undefined } as const;
    expect(sourceOf(own, here)).toEqual({ module: "heddle/tools/fs" });
  });

  test("a file that is not there is refused before anything starts", () => {
    const module = { type: "module", module: "none.js", options: undefined } as const;
    expect(() => sourceOf(module, here)).toThrow(`there is no file ${here}none.js`);
  });
});

describe("--mcp", () => {
  test("a command line, or a URL", () => {
    const command = readServer("npx -y 'my server' --x", []);
    expect(command).toEqual([
      { type: "command", command: "npx", args: ["-y", "my server", "--x"] },
    ]);
    const server = readServer("http://127.0.0.1:3000/mcp?a=b", []);
    expect(server).toEqual([{ type: "server", url: "http://127.0.0.1:3000/mcp?a=b" }]);
    expect(command.map((option) => sourceOf(option, here))).toEqual([
      mcp({ command: "npx", args: ["-y", "my server", "--x"] }),
    ]);
    expect(server.map((option) => sourceOf(option, here))).toEqual([
      mcp({ url: "http://127.0.0.1:3000/mcp?a=b" }),
    ]);
  });

  test.each([
    ["server | tee", "--mcp: no shell reads it"],
    ["http://", '--mcp: "http://" is no URL'],
  ])("%s is refused", (text, expected) => {
    const problems: string[] = [];
    expect(readServer(text, problems)).toEqual([]);
    expect(problems.join("\n")).toContain(expected);
  });
});
