import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { parseArguments } from "../../../src/cli/arguments.ts";
import { greeting } from "../../../src/cli/serve/greeting.ts";
import type { PreparedServe } from "../../../src/cli/serve/prepare-serve.ts";

function told(argv: readonly string[], rest: Partial<PreparedServe> = {}): string {
  const command = parseArguments(["serve", ...argv], { isTerminal: false });
  if (command.type !== "serve") throw new TypeError(JSON.stringify(command));
  const prepared = {
    options: command.options,
    choice: { type: "scripted", model: "scripted" },
    access: { type: "token", token: "it's-a-token-of-theirs", isNew: true },
    agents: { "it's": {}, other: {} },
    ...rest,
  } as PreparedServe;
  return greeting(prepared, "http://127.0.0.1:8787", createColors(false));
}

test("a new token is told, and a line for the shell has it, quoted", () => {
  const text = told([]);
  expect(text).toContain("listening on http://127.0.0.1:8787");
  expect(text).toContain("agents  it's, other");
  expect(text).toContain("http://127.0.0.1:8787/api/openapi.json");
  expect(text).toContain("-H 'authorization: Bearer it'\\''s-a-token-of-theirs'");
  expect(text).toContain(`'{"model":"it'\\''s","stream":true,`);
  expect(text).not.toContain("refused");
});

test("a token that was given is not told", () => {
  const text = told([], { access: { type: "token", token: "of-the-environment", isNew: false } });
  expect(text).toContain('-H "authorization: Bearer $HEDDLE_TOKEN"');
  expect(text).not.toContain("of-the-environment");
});

test("where none is needed, there is none", () => {
  expect(told(["--no-auth"], { access: { type: "open" } })).not.toMatch(/bearer/i);
});

test("whoever listens for others is told which names are refused, unless some are allowed", () => {
  expect(told(["--host", "0.0.0.0"])).toContain("requests to any other name are refused");
  expect(told(["--host", "0.0.0.0", "--allow-host", "a.example"])).not.toContain("are refused");
});
