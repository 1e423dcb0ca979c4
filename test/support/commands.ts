import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { RunningCommand } from "../../src/supervisor/tools/command.ts";
import { startCommand } from "../../src/supervisor/tools/command.ts";
import type { CommandSpec } from "../../src/supervisor/tools/command-spec.ts";
import { hasProcessTable, processEntry } from "../../src/supervisor/tools/process-table.ts";
import { systemClock } from "../../src/transport/clock.ts";

export const isLinux: boolean = hasProcessTable();

/** A command that ends with the test. */
export function start(argv: readonly string[], spec: Partial<CommandSpec> = {}): RunningCommand {
  const command = startCommand({ argv, env: {}, ...spec }, systemClock);
  onTestFinished(async () => {
    command.kill();
    await command.ended.catch(() => {});
  });
  return command;
}

/** A shell script, and each line that it prints as it comes. */
export function startScript(
  script: string,
  spec: Partial<CommandSpec> = {},
): RunningCommand & { line(): Promise<string>; pid(): Promise<number> } {
  const lines: string[] = [];
  let rest = "";
  let onLine = Promise.withResolvers<void>();
  const command = start(["sh", "-c", script], {
    ...spec,
    onOutput: (stream, text) => {
      if (stream === "stderr") return;
      const [last = "", ...before] = `${rest}${text}`.split("\n").reverse();
      rest = last;
      lines.push(...before.reverse());
      onLine.resolve();
      onLine = Promise.withResolvers();
    },
  });
  const line = async (): Promise<string> => {
    while (lines.length === 0) await onLine.promise;
    return lines.shift() ?? "";
  };
  return { ...command, line, pid: async () => Number(await line()) };
}

/** A directory that is gone after the test. */
export function directory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "heddle-command-")));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Whether there is such a process; one that has ended and was not noticed yet does not count. */
export function lives(pid: number): boolean {
  if (isLinux) return processEntry(pid) !== undefined;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
