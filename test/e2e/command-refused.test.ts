import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startCommand } from "../../src/supervisor/tools/command.ts";
import type { CommandSpec } from "../../src/supervisor/tools/command-spec.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { directory, start } from "../support/commands.ts";

describe("a command that cannot be started", () => {
  test("fails with EXEC_FAILED, which says why", async () => {
    const cwd = directory();
    const file = join(cwd, "file");
    writeFileSync(file, "no program");
    const started = (argv: readonly string[], spec: Partial<CommandSpec> = {}) =>
      start(argv, spec).ended.catch((error) => error);
    expect(await started(["no-such-program-here"])).toMatchObject({
      code: "EXEC_FAILED",
      message: 'cannot start "no-such-program-here": there is no such program',
      cause: { code: "ENOENT" },
    });
    expect(await started([file])).toMatchObject({
      code: "EXEC_FAILED",
      message: expect.stringContaining("may not be executed"),
      cause: { code: "EACCES" },
    });
    for (const bad of [file, join(cwd, "none")]) {
      expect(await started(["true"], { cwd: bad })).toMatchObject({
        code: "EXEC_FAILED",
        message: expect.stringContaining(bad),
      });
    }
    const tooLong = { LONG: "x".repeat(3_000_000) };
    expect(await started(["true"], { env: tooLong })).toMatchObject({
      code: "EXEC_FAILED",
      cause: { code: "E2BIG" },
    });
  });

  test("can be killed", async () => {
    const { ended, kill } = start(["no-such-program-here"]);
    kill();
    await expect(ended).rejects.toMatchObject({ code: "EXEC_FAILED" });
  });

  test.each<[string, string, object]>([
    ["argv", "no array", { argv: "ls -l" }],
    ["argv", "empty", { argv: [] }],
    ["argv[0]", "no program", { argv: [""] }],
    ["argv[1]", "a number", { argv: ["ls", 1] }],
    ["argv[1]", "a hole", { argv: new Array(2).fill("ls", 0, 1) }],
    ["argv[1]", "NUL", { argv: ["ls", "a\0b"] }],
    ["argv", "too long", { argv: ["ls", "x".repeat(102_400)] }],
    ["cwd", "relative", { cwd: "." }],
    ["cwd", "NUL", { cwd: "/\0" }],
    ["cwd", "a number", { cwd: 1 }],
    ["env", "nothing", { env: undefined }],
    ["env", "an array", { env: ["A=1"] }],
    ["env.A", "a number", { env: { A: 1 } }],
    ["env.A", "NUL", { env: { A: "\0" } }],
    ["env", "a name with =", { env: { "A=B": "1" } }],
    ["input", "bytes", { input: Buffer.from("x") }],
    ["timeoutMs", "0", { timeoutMs: 0 }],
    ["timeoutMs", "too long", { timeoutMs: 2_147_483_648 }],
    ["maxOutputBytes", "0", { maxOutputBytes: 0 }],
    ["maxOutputBytes", "a fraction", { maxOutputBytes: 1.5 }],
    ["maxOutputBytes", "too much", { maxOutputBytes: 16_777_217 }],
    ["onOutput", "no function", { onOutput: {} }],
    ["shell", "unknown", { shell: true }],
  ])("%s: %s is refused before anything starts", (field, _, bad) => {
    const spec = { argv: ["true"], env: {}, ...bad } as CommandSpec;
    expect(() => startCommand(spec, systemClock)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", details: { field } }),
    );
  });
});
