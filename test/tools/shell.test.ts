import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startCommand } from "../../src/supervisor/tools/command.ts";
import type { ShellOptions } from "../../src/tools/shell.ts";
import { tools } from "../../src/tools/shell.ts";
import type { ExecOptions } from "../../src/tools/tool.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { tree } from "../support/file-tree.ts";
import { call } from "../support/tool-calls.ts";
import { APPROVAL, toolContext } from "../support/tool-context.ts";

/** `run_command` with real commands. */
function shell(options: ShellOptions) {
  const ctx = toolContext((argv, exec: ExecOptions = {}) => {
    const command = startCommand({ argv, ...exec, env: exec.env ?? {} }, systemClock);
    onTestFinished(() => command.kill());
    return command.ended;
  });
  const run = (args: { argv: readonly string[]; cwd?: string }) =>
    call(tools(options), "run_command", args, ctx);
  return { ctx, run };
}

function needsApproval(options: ShellOptions, args: object): unknown {
  const [tool] = tools(options);
  return typeof tool?.needsApproval === "function"
    ? tool.needsApproval(args as never, APPROVAL)
    : tool?.needsApproval;
}

describe("run_command", () => {
  test("gives what the command has, and shows its output as it comes", async () => {
    const { ctx, run } = shell({ cwd: tree({ file: "" }) });
    const script = "ls; echo wrong >&2; exit 2";
    expect(await run({ argv: ["sh", "-c", script] })).toEqual({
      exitCode: 2,
      signal: null,
      stdout: "file\n",
      stderr: "wrong\n",
      isTruncated: false,
      isTimedOut: false,
    });
    expect(ctx.shown).toContainEqual({ stream: "stdout", text: "file\n" });
    expect(ctx.shown).toContainEqual({ stream: "stderr", text: "wrong\n" });
  });

  test("hands its bounds on", async () => {
    const { ctx, run } = shell({ cwd: "/", timeoutMs: 60_000, maxOutputBytes: 3 });
    expect(await run({ argv: ["echo", "long"] })).toMatchObject({ stdout: "lon" });
    const options = { cwd: "/", timeoutMs: 60_000, maxOutputBytes: 3 };
    expect(ctx.commands).toMatchObject([{ argv: ["echo", "long"], options }]);
  });

  test("a lot of output is shown in pieces that are taken, up to a bound", async () => {
    for (const character of ["x", "👩", "\u0001"]) {
      const text = character.repeat(40_000);
      const ctx = toolContext(async (_, options) => {
        options?.onOutput?.("stdout", text);
        options?.onOutput?.("stdout", text);
        return {
          exitCode: 0,
          signal: null,
          stdout: text,
          stderr: "",
          isTruncated: false,
          isTimedOut: false,
        };
      });
      await call(tools({}), "run_command", { argv: ["true"] }, ctx);
      const shown = ctx.shown.map((piece) => (piece as { text: string }).text);
      expect(shown.every((piece) => piece.isWellFormed())).toBe(true);
      expect(text.repeat(2).startsWith(shown.join(""))).toBe(true);
      expect(shown.join("").length).toBe(Math.min(131_072, text.length * 2));
      expect(shown.length).toBeLessThan(200);
    }
  });

  test("runs in a directory below its own, and nowhere else", async () => {
    const base = tree({
      "base/sub/file": "",
      "base/out": { link: "../other" },
      "base/in": { link: "sub" },
      "base-evil/file": "",
      "other/file": "",
    });
    const { run } = shell({ cwd: join(base, "base") });
    const at = async (cwd: string) =>
      ((await run({ argv: ["pwd", "-P"], cwd })) as { stdout: string }).stdout;
    for (const cwd of ["sub", "in", "./sub/../sub", join(base, "base/sub")]) {
      expect(await at(cwd)).toBe(`${join(base, "base/sub")}\n`);
    }
    expect(await at(".")).toBe(`${join(base, "base")}\n`);
    for (const cwd of [
      "..",
      "../base-evil",
      "out",
      "/",
      join(base, "other"),
      "sub/../../other",
      "a\0",
    ]) {
      await expect(at(cwd), cwd).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    }
    await expect(at("none")).rejects.toThrow("there is no such file or directory");
  });
});

describe("approval", () => {
  const allow = [
    ["npm", "test"],
    ["git", "status", "--short"],
  ];
  test.each<[boolean, readonly string[]]>([
    [false, ["npm", "test"]],
    [false, ["git", "status", "--short"]],
    [true, ["npm"]],
    [true, ["npm", "test", "--"]],
    [true, ["npm", "test", ""]],
    [true, ["npm test"]],
    [true, ["/usr/bin/npm", "test"]],
    [true, ["npx", "-c", "npm test"]],
    [true, ["git", "--short", "status"]],
    [true, ["git", "-c", "core.pager=x", "status"]],
  ])("is needed (%s) for %j", (expected, argv) => {
    expect(needsApproval({ allow }, { argv })).toBe(expected);
  });

  test("is needed for an allowed command in another directory, and without `allow` for all", () => {
    expect(needsApproval({ allow }, { argv: ["npm", "test"], cwd: "sub" })).toBe(true);
    expect(needsApproval({}, { argv: ["true"] })).toBe(true);
  });
});

test.each<[string, unknown]>([
  ["options", null],
  ["cwd", { cwd: "" }],
  ["timeoutMs", { timeoutMs: 0 }],
  ["maxOutputBytes", { maxOutputBytes: 16_777_217 }],
  ["allow", { allow: "npm test" }],
  ["allow[0]", { allow: ["npm test"] }],
  ["allow[1]", { allow: [["npm", "test"], []] }],
  ["allow[0][1]", { allow: [["npm", 1]] }],
  ["shell", { shell: true }],
])("the option %s is refused: %j", (field, options) => {
  expect(() => tools(options as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
  );
});
