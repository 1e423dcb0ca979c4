import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { heddle, jsonLines, TemporaryDirectory } from "./support/command.ts";
import { CALCULATOR, DIVIDES, scriptOf } from "./support/script-file.ts";

const MCP_SERVER = fileURLToPath(new URL("../fixtures/mcp/server.ts", import.meta.url));

type Event = JobEvent & { readonly id: string };
const input = '{"id":"a","prompt":"p"}\n{"id":"b","prompt":"p"}\n';
const calculator = ["--tools", CALCULATOR];

/** How the calls of `id` have ended. */
function ends(events: readonly Event[], id: string) {
  return events.flatMap((event) =>
    event.id === id && event.type === "tool-finished" ? [event.error?.code ?? event.result] : [],
  );
}

describe("heddle run with tools", () => {
  test("result lines are as ever; --events shows calls and decisions", async () => {
    using directory = new TemporaryDirectory();
    const args = ["run", "-", ...scriptOf(directory, DIVIDES, { text: "3" }), ...calculator];
    const lines = await heddle([...args, "--confirm", "allow"], { input });
    expect(lines.code).toBe(0);
    for (const line of jsonLines(lines.stdout)) {
      expect(Object.keys(line).join()).toBe(
        "id,status,provider,model,text,usage,error,firstChunkMs,durationMs",
      );
      expect(line).toMatchObject({ status: "completed", text: "3" });
    }
    const { stdout } = await heddle([...args, "--events", "--confirm", "allow"], { input });
    const events = jsonLines<Event>(stdout);
    for (const id of ["a", "b"]) {
      expect(ends(events, id)).toEqual([expect.stringContaining('"quotient":3')]);
    }
  });

  test("without a terminal calls that need approval are denied, and it is said how to allow them", async () => {
    using directory = new TemporaryDirectory();
    const args = ["run", "-", ...scriptOf(directory, DIVIDES, { text: "pity" }), ...calculator];
    const { code, stdout, stderr } = await heddle([...args, "--events"], { input });
    expect(code).toBe(0);
    const events = jsonLines<Event>(stdout);
    for (const id of ["a", "b"]) expect(ends(events, id)).toEqual(["TOOL_DENIED"]);
    const decisions = events.filter((event) => event.type === "confirmation-decided");
    expect(decisions).toHaveLength(2);
    expect(decisions[0]).toMatchObject({
      decision: "denied",
      by: "session",
      reason: expect.stringContaining("--confirm allow"),
    });
    expect(stderr.match(/divide is denied: it needs approval/g)).toHaveLength(1);
  });

  test("what is granted is what tools may do", async () => {
    using directory = new TemporaryDirectory();
    const trespasser = CALCULATOR.replace("calculator", "trespasser");
    const read = { toolCalls: [{ name: "read", args: { path: "/etc/hostname" } }] };
    const script = scriptOf(directory, read, { text: "ok" });
    const args = ["run", "-p", "go", ...script, "--tools", trespasser, "--events"];
    const denied = jsonLines<Event>((await heddle(args)).stdout);
    expect(ends(denied, "prompt")).toEqual(["PERMISSION_DENIED"]);
    const granted = await heddle([...args, "--grant", "fs-read=/etc/hostname"]);
    expect(ends(jsonLines<Event>(granted.stdout), "prompt")).not.toContain("PERMISSION_DENIED");
  });

  test("Heddle's own tools take their options behind their name", async () => {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file("a.txt"), "the content");
    const read = { toolCalls: [{ name: "read_file", args: { path: "a.txt" } }] };
    const script = scriptOf(directory, read, { text: "ok" });
    const tools = `heddle/tools/fs=${JSON.stringify({ roots: [directory.path] })}`;
    const grant = `fs-read=${directory.path}`;
    const args = ["run", "-p", "go", ...script, "--tools", tools, "--grant", grant, "--events"];
    const { stdout } = await heddle(args);
    expect(ends(jsonLines<Event>(stdout), "prompt")).toEqual([
      expect.stringContaining("the content"),
    ]);
  });

  test("the tools of an MCP server that is started by a command line", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { toolCalls: [{ name: "seen", args: {} }] }, { text: "ok" });
    const mcp = `'${process.execPath}' '${MCP_SERVER}'`;
    const args = ["run", "-p", "go", ...script, "--mcp", mcp, "--confirm", "allow", "--events"];
    const { code, stdout } = await heddle(args);
    expect(code).toBe(0);
    expect(ends(jsonLines<Event>(stdout), "prompt")).toEqual(["[]"]);
  });

  test("jobs that tools run have events, and no result lines of their own", async () => {
    using directory = new TemporaryDirectory();
    const delegate = CALCULATOR.replace("calculator", "delegates");
    const call = { toolCalls: [{ name: "delegate", args: {} }] };
    const script = scriptOf(directory, call, { text: "done" });
    const args = ["run", "-", ...script, "--tools", delegate];
    const { code, stdout, stderr } = await heddle(args, { input });
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ text: "done" }, { text: "done" }]);
    expect(stderr).toContain("2 completed");
    const events = jsonLines<Event>((await heddle([...args, "--events"], { input })).stdout);
    const children = events.flatMap((event) =>
      event.type === "child-started" ? [event.jobId] : [],
    );
    expect(children).toHaveLength(2);
    for (const child of children) {
      const own = events.filter(({ id }) => id === child);
      expect(own.map(({ seq }) => seq)).toEqual(own.map((_, index) => index));
      expect(own.at(-1)?.type).toBe("failed");
    }
  });
});
