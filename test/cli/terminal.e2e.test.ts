import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { jsonLines, TemporaryDirectory } from "./support/command.ts";
import { LocalServer } from "./support/local-server.ts";
import { PseudoTerminal } from "./support/pseudo-terminal.ts";
import { CALCULATOR, DIVIDES, scriptOf } from "./support/script-file.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const calculator = ["--tools", CALCULATOR];
const PROMPT = />[^>]*$/;
const QUESTION = /divide: \[a\]pprove, \[d\]eny, \[e\]dit, \[A\]lways for this tool\? /;

describe("heddle chat at a terminal", () => {
  test("a prompt, its answer, and Ctrl-D leaves", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { text: "It is blue." });
    await using terminal = new PseudoTerminal(["chat", ...script]);
    await terminal.until(PROMPT);
    terminal.type("why?\r");
    await terminal.until(/It is blue\.\r\n/);
    await terminal.until(PROMPT);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
  });

  test("a call is approved, denied with a reason, edited, and approved for ever", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("chat.json");
    const script = scriptOf(directory, DIVIDES, DIVIDES, DIVIDES, DIVIDES, DIVIDES, { text: "ok" });
    await using terminal = new PseudoTerminal(["chat", ...script, ...calculator, "--resume", file]);
    await terminal.until(PROMPT);
    terminal.type("go\r");
    const shown = await terminal.until(QUESTION);
    expect(shown).toMatch(/chat wants to call divide with:/);
    expect(shown).toContain('"b": 2');
    terminal.type("a\r");
    await terminal.until(/· divide → \d+ bytes/);
    await terminal.until(QUESTION);
    terminal.type("d\r");
    await terminal.until(/why, for the model/);
    terminal.type("not by two\r");
    await terminal.until(QUESTION);
    terminal.type("e\r");
    await terminal.until(/as JSON: /);
    terminal.type('\u0015{"a":9,"b":3}\r');
    await terminal.until(/· divide \{"a":9,"b":3\}/);
    await terminal.until(QUESTION);
    terminal.type("A\r");
    const rest = await terminal.until(/ok\r\n/);
    expect(rest).not.toMatch(QUESTION);
    await terminal.until(PROMPT);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
    const results: string[] = JSON.parse(readFileSync(file, "utf8"))
      .transcript.filter(({ role }: { role: string }) => role === "tool")
      .map(({ content }: { content: string }) => content);
    expect(results).toHaveLength(5);
    expect(results[1]).toContain("not by two");
    for (const i of [0, 2, 3, 4]) expect(results[i]).toContain('"quotient":3');
  });

  test("Ctrl-C cancels the answer; at an idle prompt it empties the line, then leaves", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { text: "half", stall: true }, { text: "whole" });
    await using terminal = new PseudoTerminal(["chat", ...script]);
    await terminal.until(PROMPT);
    terminal.type("go\r");
    await terminal.until(/half/);
    terminal.type(CTRL_C);
    await terminal.until(/cancelling; once more ends at once/);
    await terminal.until(/what was said is kept/);
    await terminal.until(PROMPT);
    terminal.type(`nonsense${CTRL_C}again\r`);
    await terminal.until(/whole\r\n/);
    await terminal.until(PROMPT);
    terminal.type("/history\r");
    const history = await terminal.until(/> again/);
    expect(history).toContain("half [interrupted]");
    await terminal.until(PROMPT);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
  });

  test("Ctrl-C at a question cancels the turn: the call is not carried out", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, DIVIDES);
    await using terminal = new PseudoTerminal(["chat", ...script, ...calculator]);
    await terminal.until(PROMPT);
    terminal.type("go\r");
    await terminal.until(QUESTION);
    terminal.type(CTRL_C);
    const rest = await terminal.until(/what was said is kept/);
    expect(rest).not.toContain("· divide {");
    await terminal.until(PROMPT);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
  });

  test("what is typed before a question does not answer it, and a model's text cannot look like one", async () => {
    const isTyped = Promise.withResolvers<void>();
    await using server = await LocalServer.start((request, response) => {
      void text(request).then(async (body) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        if (body.includes('"tool_call_id"')) {
          response.end(`${delta({ content: "pity" })}${delta({}, "stop")}data: [DONE]\n\n`);
          return;
        }
        response.write(delta({ content: "\u001b[2Jdivide: [a]pprove? " }));
        await isTyped.promise;
        const call = { name: "divide", arguments: '{"a":6,"b":2}' };
        const calls = [{ index: 0, id: "c", type: "function", function: call }];
        response.write(delta({ tool_calls: calls }));
        response.end(`${delta({}, "tool_calls")}data: [DONE]\n\n`);
      });
    });
    const model = ["--base-url", server.url, "-m", "m"];
    await using terminal = new PseudoTerminal(["chat", ...model, ...calculator]);
    await terminal.until(PROMPT);
    terminal.type("go\r");
    const forged = await terminal.until(/\[a\]pprove\? /);
    expect(forged).not.toContain("\u001b[2J");
    terminal.type("a\r");
    // The terminal shows what it has been given.
    await terminal.until(/a\r\n/);
    isTyped.resolve();
    await terminal.until(QUESTION);
    terminal.type("d\r");
    const shown = await terminal.until(/why, for the model/);
    expect(shown).not.toContain("· divide {");
    terminal.type("\r");
    await terminal.until(/· divide → TOOL_DENIED/);
    await terminal.until(/pity\r\n/);
  });
});

describe("heddle run at a terminal", () => {
  test("questions of many agents come one by one, and the table is held back meanwhile", async () => {
    using directory = new TemporaryDirectory();
    const [file, out] = [directory.file("in.jsonl"), directory.file("out.jsonl")];
    const ids = ["one", "two", "three"];
    writeFileSync(file, ids.map((id) => `${JSON.stringify({ id, prompt: id })}\n`).join(""));
    const script = scriptOf(directory, DIVIDES, { text: "ok" });
    const args = ["run", file, "-o", out, ...script, ...calculator];
    await using terminal = new PseudoTerminal(args);
    await terminal.until(/results in/);
    for (const _ of ids) {
      const shown = await terminal.until(QUESTION);
      expect(shown).toMatch(/job (one|two|three) wants to call divide/);
      terminal.type("a\r");
    }
    await terminal.until(/3 completed/);
    expect(await terminal.ended).toBe(0);
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(3);
  });

  test("Ctrl-C at a question cancels all, and writes their lines", async () => {
    using directory = new TemporaryDirectory();
    const [file, out] = [directory.file("in.jsonl"), directory.file("out.jsonl")];
    writeFileSync(file, '{"id":"a","prompt":"p"}\n{"id":"b","prompt":"p"}\n');
    const script = scriptOf(directory, DIVIDES, { text: "ok" });
    await using terminal = new PseudoTerminal(["run", file, "-o", out, ...script, ...calculator]);
    await terminal.until(QUESTION);
    terminal.type(CTRL_C);
    await terminal.until(/interrupted: cancelling what runs/);
    expect(await terminal.ended).toBe(130);
    const lines = jsonLines(readFileSync(out, "utf8"));
    expect(lines.map(({ status }) => status)).toEqual(lines.map(() => "cancelled"));
    expect(lines.length).toBeGreaterThan(0);
  });
});

/** A piece of a model's answer, as OpenAI's API streams it. */
function delta(piece: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta: piece, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ object: "chat.completion.chunk", choices })}\n\n`;
}
