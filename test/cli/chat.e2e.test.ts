import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/index.ts";
import { heddle, Running, TemporaryDirectory } from "./support/command.ts";
import { CALCULATOR, DIVIDES, scriptOf } from "./support/script-file.ts";

const AGENTS = fileURLToPath(new URL("../fixtures/programs/agents.ts", import.meta.url));
const calculator = ["--tools", CALCULATOR];

function kept(file: string): readonly Message[] {
  return JSON.parse(readFileSync(file, "utf8")).transcript;
}

describe("heddle chat over a pipe", () => {
  test("each line is a prompt; the answers alone are on standard output", async () => {
    using directory = new TemporaryDirectory();
    const args = [
      "chat",
      ...scriptOf(directory, { text: "one" }, { text: "two\n" }),
      ...calculator,
    ];
    const input = "first\n\n  \n/usage\nsecond\n/history";
    const { code, stdout, stderr } = await heddle(args, { input });
    expect(stdout).toBe("one\ntwo\n");
    expect(code).toBe(0);
    expect(stderr).toMatch(/\d+ tokens: \d+ in, \d+ out/);
    expect(stderr).toContain("> first\none\n> second\ntwo\n");
    expect(stderr).not.toContain("\u001b");
  });

  test("an answer comes before the next prompt is there", async () => {
    using directory = new TemporaryDirectory();
    const args = ["chat", ...scriptOf(directory, { text: "one" }, { text: "two" })];
    const running = new Running(args, { input: "first\n", keepsStdinOpen: true });
    await running.until("stdout", /one\n/);
    running.child.stdin?.end("second\n");
    expect(await running.ended).toMatchObject({ code: 0, stdout: "one\ntwo\n" });
  });

  test("tool calls are told with their arguments, sizes and errors", async () => {
    using directory = new TemporaryDirectory();
    const calls = [
      { name: "add", args: { a: 1, b: 2 } },
      { name: "add", args: { a: "\u202e" } },
    ];
    const script = scriptOf(directory, { text: "Let me see.", toolCalls: calls }, { text: "3." });
    const { code, stdout, stderr } = await heddle(["chat", ...script, ...calculator], {
      input: "add\n",
    });
    expect(code).toBe(0);
    expect(stdout).toBe("Let me see.\n3.\n");
    expect(stderr).toContain('· add {"a":1,"b":2}\n');
    expect(stderr).toContain("· add → 1 byte\n");
    expect(stderr).toContain("· add → TOOL_ARGUMENTS_INVALID: ");
  });

  test("what fails is told, the chat goes on, and the exit code says so", async () => {
    using directory = new TemporaryDirectory();
    const failure = { error: { status: 500, message: "out of order" } };
    const args = ["chat", ...scriptOf(directory, failure, { text: "two" })];
    const { code, stdout, stderr } = await heddle(args, { input: "first\nsecond\n" });
    expect(code).toBe(1);
    expect(stdout).toBe("two\n");
    expect(stderr).toMatch(/heddle: PROVIDER_UNAVAILABLE: .*out of order/);
  });

  test("--max-steps and --budget-tokens hold for each turn", async () => {
    using directory = new TemporaryDirectory();
    const add = { toolCalls: [{ name: "add", args: { a: 1, b: 2 } }] };
    const args = ["chat", ...scriptOf(directory, add, { text: "two" }), ...calculator];
    const steps = await heddle([...args, "--max-steps", "1"], { input: "first\nsecond\n" });
    expect(steps.stderr).toContain("heddle: MAX_STEPS: ");
    expect(steps.stdout).toBe("two\n");
    const tokens = await heddle([...args, "--budget-tokens", "1"], { input: "first\n" });
    expect(tokens.stderr).toContain("heddle: BUDGET_TOKENS: ");
  });

  test("a call that needs approval is denied without a terminal, and both are told how it could be allowed", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("chat.json");
    const args = ["chat", ...scriptOf(directory, DIVIDES, { text: "pity" }), ...calculator];
    const { code, stdout, stderr } = await heddle([...args, "--resume", file], { input: "go\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "pity\n" });
    expect(stderr).toContain(
      "heddle: divide is denied: it needs approval, and there is no terminal",
    );
    expect(kept(file)).toContainEqual(
      expect.objectContaining({
        role: "tool",
        isError: true,
        content: expect.stringContaining("--confirm allow"),
      }),
    );
  });

  test.each([
    ["allow", "· divide → "],
    ["deny", "· divide → TOOL_DENIED"],
  ])("--confirm %s asks nobody", async (how, told) => {
    using directory = new TemporaryDirectory();
    const args = ["chat", ...scriptOf(directory, DIVIDES, { text: "ok" }), ...calculator];
    const { stderr } = await heddle([...args, "--confirm", how], { input: "go\n" });
    expect(stderr).toContain(told);
    expect(stderr.includes("TOOL_DENIED")).toBe(how === "deny");
    expect(stderr).not.toContain("there is no terminal");
  });

  test("an agent of a module, with its tools and its own answer to approvals", async () => {
    using directory = new TemporaryDirectory();
    const agent = ["--agents", AGENTS, "--agent", "counter"];
    const args = ["chat", ...scriptOf(directory, DIVIDES, { text: "ok" }), ...agent];
    const denied = await heddle(args, { input: "go\n" });
    expect(denied.stderr).toContain("approvals are off here");
    const allowed = await heddle([...args, "--confirm", "allow"], { input: "go\n" });
    expect(allowed).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(allowed.stderr).toMatch(/· divide → \d+ bytes/);
  });
});

describe("heddle chat --resume", () => {
  test("goes on where it was, and keeps each turn", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("chat.json");
    const args = ["chat", ...scriptOf(directory, { text: "answer" }), "--resume", file];
    await heddle(args, { input: "first\n" });
    const again = await heddle(args, { input: "second\n" });
    expect(again.stderr).toContain(`${file}: going on after 2 messages`);
    expect(kept(file).map(({ role, content }) => [role, content])).toEqual([
      ["user", "first"],
      ["assistant", "answer"],
      ["user", "second"],
      ["assistant", "answer"],
    ]);
    await heddle(args, { input: "/clear\nthird\n" });
    expect(kept(file).map(({ content }) => content)).toEqual(["third", "answer"]);
  });

  test("each turn is kept before the next begins", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("chat.json");
    const script = scriptOf(directory, { text: "one" }, { text: "tw", stall: true });
    const args = ["chat", ...script, "--resume", file];
    const running = new Running(args, { input: "first\nsecond\n", keepsStdinOpen: true });
    await running.until("stdout", /tw/);
    expect(kept(file).map(({ content }) => content)).toEqual(["first", "one"]);
    running.kill("SIGKILL");
    await running.ended;
    expect(kept(file)).toHaveLength(2);
  });

  test("a file that is something else is refused before anything starts", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("precious.json");
    writeFileSync(file, "{}");
    const args = ["chat", ...scriptOf(directory, { text: "one" }), "--resume", file];
    const { code, stdout, stderr } = await heddle(args, { input: "first\n" });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${file} is no transcript: "type" is not "heddle-transcript"`);
    expect(readFileSync(file, "utf8")).toBe("{}");
  });

  test("a conversation that cannot be kept goes on, and the exit code says so", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("none/chat.json");
    const args = ["chat", ...scriptOf(directory, { text: "one" }), "--resume", file];
    const { code, stdout, stderr } = await heddle(args, { input: "first\n" });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "one\n" });
    expect(stderr).toContain("the conversation is not kept: ENOENT");
  });
});

describe("heddle chat and signals", () => {
  test("SIGINT cancels the answer that comes and keeps what was said; the next line is answered", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("chat.json");
    const script = scriptOf(directory, { text: "half", stall: true }, { text: "two" });
    const args = ["chat", ...script, "--resume", file];
    const running = new Running(args, { input: "first\n", keepsStdinOpen: true });
    await running.until("stdout", /half/);
    running.kill("SIGINT");
    await running.until("stderr", /cancelled; what was said is kept/);
    running.child.stdin?.write("second\n/usage\n");
    await running.until("stderr", /tokens: /);
    running.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130, stdout: "half\ntwo\n" });
    expect(kept(file)).toMatchObject([
      { role: "user", content: "first" },
      { role: "assistant", content: "half", interrupted: true },
      { role: "user", content: "second" },
      { role: "assistant", content: "two" },
    ]);
  });

  test("the second one ends at once, although a tool does not listen", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { toolCalls: [{ name: "deaf", args: {} }] });
    const agent = ["--agents", AGENTS.replace("agents", "patient-agent")];
    const running = new Running(["chat", ...script, ...agent], {
      input: "go\n",
      keepsStdinOpen: true,
    });
    await running.until("stderr", /· deaf/);
    running.kill("SIGINT");
    await running.until("stderr", /cancelling; once more ends at once/);
    running.kill("SIGINT");
    const { signal, stderr } = await running.ended;
    // Its thread might have hung.
    expect(signal).toBe("SIGINT");
    expect(stderr).not.toContain("what was said is kept");
  });

  test("SIGTERM cancels and leaves, SIGINT leaves where nothing comes", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { text: "half", stall: true });
    const working = new Running(["chat", ...script], { input: "go\nmore\n", keepsStdinOpen: true });
    await working.until("stdout", /half/);
    working.kill("SIGTERM");
    expect(await working.ended).toMatchObject({ code: 143, stdout: "half\n" });
    const idle = new Running(["chat", ...script], { keepsStdinOpen: true });
    await idle.until("stderr", /scripted/);
    idle.kill("SIGINT");
    expect(await idle.ended).toMatchObject({ code: 130, stdout: "" });
  });

  test("a reader that goes away ends the chat in silence", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { text: "endless ", endless: true, chunksPerSecond: 100 });
    const running = new Running(["chat", ...script], { input: "go\n", keepsStdinOpen: true });
    await running.until("stdout", /endless/);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
  });
});

describe("heddle chat: exit code 2", () => {
  test.each([
    [["--tools", "none.js"], "--tools: there is no file"],
    [["--agents", "none.js"], "--agents none.js cannot be loaded"],
    [["--grant", "everything"], "--grant is a list of"],
    [["--confrim", "ask"], "did you mean --confirm?"],
    [["--script", "none.json"], "--script none.json: ENOENT"],
    [["--mcp", "http://user:secret@h/mcp"], "mcp"],
  ])("%j", async (more, message) => {
    const { code, stdout, stderr } = await heddle(["chat", "--provider", "scripted", ...more]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
