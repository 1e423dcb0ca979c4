import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AskOptions } from "../../../src/cli/confirm/confirmer.ts";
import { terminalAsker } from "../../../src/cli/confirm/terminal-asker.ts";
import { LineReader } from "../../../src/cli/line-reader.ts";
import { Output } from "../../../src/cli/output.ts";
import { redactor } from "../../../src/cli/redact.ts";
import { colorsFor } from "../../../src/cli/terminal.ts";
import type { Elicitation } from "../../../src/index.ts";
import { TemporaryDirectory } from "../support/command.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";

const request = {
  confirmationId: "c",
  jobId: "j",
  workerId: "w",
  workerName: "w",
  toolCallId: "t",
  toolName: "send",
  args: { to: "bob\u202e" },
};

class Scene {
  readonly terminal = new FakeTerminal();
  readonly withdrawn = new AbortController();
  readonly did: string[] = [];
  readonly streams;
  readonly #editor: string | undefined;

  constructor(editor?: string) {
    this.#editor = editor;
    const redact = redactor([]);
    const output = (): Output => new Output(this.terminal.stream, redact);
    this.streams = { stdout: output(), stderr: output(), redact };
  }

  ask(options: Partial<AskOptions> = {}, elicitation?: Elicitation) {
    const ask = terminalAsker({
      streams: this.streams,
      reader: new LineReader(this.terminal.input, this.terminal.output),
      colors: colorsFor({ isTerminal: false }, {}),
      editor: this.#editor,
      nameOf: () => "job a",
      onHold: () => this.did.push("hold"),
      onInterrupt: () => this.did.push("interrupt"),
    });
    const signal = this.withdrawn.signal;
    const asked = elicitation ? { ...request, elicitation } : request;
    return ask(asked, { signal, complaint: undefined, behind: 0, ...options });
  }

  async asked(): Promise<string> {
    return await this.terminal.until(/for this tool\? /);
  }
}

const decided = (decision: object, always = false) => ({ type: "decided", decision, always });

describe("terminalAsker()", () => {
  test.each([
    ["a\r", decided({ approve: true })],
    ["A\r", decided({ approve: true }, true)],
  ])("%j", async (keys, answer) => {
    const scene = new Scene();
    const answered = scene.ask();
    const shown = await scene.asked();
    expect(shown).toContain('job a wants to call send with:\n│ {\n│   "to": "bob\\u202e"\n│ }');
    scene.terminal.type(keys);
    expect(await answered).toEqual(answer);
    expect(scene.did).toEqual(["hold"]);
  });

  test("what is no answer is asked again; nothing is approved by Enter, or by a paste", async () => {
    const scene = new Scene();
    const answered = scene.ask();
    for (const keys of ["\r", "yes\r", "a\ra\r"]) {
      await scene.asked();
      scene.terminal.type(keys);
    }
    await scene.terminal.until(/several lines at once are no answer/);
    await scene.asked();
    scene.terminal.type("a\r");
    expect(await answered).toEqual(decided({ approve: true }));
  });

  test.each([
    ["too risky\r", "too risky"],
    ["\r", "a person has denied it, without a reason"],
  ])("a denial with %j as its reason", async (keys, deny) => {
    const scene = new Scene();
    const answered = scene.ask();
    await scene.asked();
    scene.terminal.type("d\r");
    await scene.terminal.until(/why, for the model/);
    scene.terminal.type(keys);
    expect(await answered).toEqual(decided({ deny }));
  });

  test("an edit as a line of JSON; what is none is asked again", async () => {
    const scene = new Scene();
    const answered = scene.ask();
    await scene.asked();
    scene.terminal.type("e\r");
    await scene.terminal.until(/as JSON: .*\{"to":"bob\\u202e"\}/);
    scene.terminal.type("!\r");
    await scene.terminal.until(/that is no JSON/);
    await scene.asked();
    scene.terminal.type("e\r");
    await scene.terminal.until(/as JSON: .*\}/);
    scene.terminal.type('\u0015{"to":"eve"}\r');
    expect(await answered).toEqual(decided({ edit: { to: "eve" } }));
  });

  test("an edit in an editor, which gets the arguments as they are shown", async () => {
    using directory = new TemporaryDirectory();
    const editor = directory.file("my editor.sh");
    const seen = directory.file("seen");
    writeFileSync(editor, `#!/bin/sh\ncp "$2" ${seen}\nprintf '{"to":"%s"}' "$1" > "$2"\n`);
    chmodSync(editor, 0o755);
    const scene = new Scene(`'${editor}' eve`);
    const answered = scene.ask();
    await scene.asked();
    scene.terminal.type("e\r");
    expect(await answered).toEqual(decided({ edit: { to: "eve" } }));
    expect(readFileSync(seen, "utf8")).toBe('{\n  "to": "bob\\u202e"\n}\n');
  });

  test("an editor that fails is told, and nothing is edited", async () => {
    const scene = new Scene("false");
    const answered = scene.ask();
    await scene.asked();
    scene.terminal.type("e\r");
    await scene.terminal.until(/false has failed/);
    await scene.asked();
    scene.terminal.type("a\r");
    expect(await answered).toEqual(decided({ approve: true }));
  });

  test("a complaint stands in place of the arguments", async () => {
    const scene = new Scene();
    const answered = scene.ask({ complaint: "not what the tool takes" });
    expect(await scene.asked()).toMatch(/^not what the tool takes\n[^│]*$/);
    scene.terminal.type("a\r");
    await answered;
  });

  test("Ctrl-C interrupts, Ctrl-D denies, and what is withdrawn is not answered", async () => {
    const interrupted = new Scene();
    const first = interrupted.ask();
    await interrupted.asked();
    interrupted.terminal.type("\u0003");
    expect(await first).toEqual({ type: "none" });
    expect(interrupted.did).toEqual(["hold", "interrupt"]);

    const left = new Scene();
    const second = left.ask();
    await left.asked();
    left.terminal.type("\u0004");
    expect(await second).toEqual(decided({ deny: "whoever was asked has left" }));

    const withdrawn = new Scene();
    const third = withdrawn.ask();
    await withdrawn.asked();
    withdrawn.withdrawn.abort();
    expect(await third).toEqual({ type: "none" });
  });

  test("nothing else is shown meanwhile, and all of it afterwards", async () => {
    const scene = new Scene();
    const answered = scene.ask();
    await scene.asked();
    const { stdout, stderr } = scene.streams;
    const written = Promise.all([stdout.print("send: approved\n"), stderr.write("note\n")]);
    scene.terminal.type("d\r");
    const shown = await scene.terminal.until(/why, for the model/);
    expect(shown).not.toMatch(/approved|note/);
    scene.terminal.type("\r");
    await answered;
    await written;
    await scene.terminal.until(/send: approved\nnote\n/);
  });
});

describe("terminalAsker(), of what an MCP server asks", () => {
  const elicitation: Elicitation = {
    server: "books",
    message: "Who are you?\n│ books wants\u202e",
    schema: {
      type: "object",
      properties: {
        name: { type: "string", title: "Your name" },
        days: { type: "integer", default: 7 },
        kind: { type: "string", enum: ["quick", "thorough"] },
      },
      required: ["name"],
    },
  };

  test("fields are asked for one by one; what is wrong is asked again, Enter leaves it out", async () => {
    const scene = new Scene();
    const answered = scene.ask({}, elicitation);
    const shown = await scene.terminal.until(/\[a\]nswer, \[d\]ecline, \[c\]ancel\? /);
    expect(shown).toContain(
      "MCP server books asks, while job a calls send:\n│ Who are you?\n│ │ books wants\\u202e\n",
    );
    scene.terminal.type("a\r");
    await scene.terminal.until(/Your name \(needed\): /);
    scene.terminal.type("\r");
    await scene.terminal.until(/Your name is needed/);
    await scene.terminal.until(/Your name \(needed\): /);
    scene.terminal.type("Ada\r");
    await scene.terminal.until(/days \(Enter: 7\): /);
    scene.terminal.type("\r");
    await scene.terminal.until(/kind \(Enter: none\)\s+1 quick\s+2 thorough\s+: /);
    scene.terminal.type("2\r");
    expect(await answered).toEqual(decided({ accept: { name: "Ada", kind: "thorough" } }));
  });

  test.each([
    ["d\r", decided({ deny: "a person has declined to answer" })],
    ["c\r", decided({ cancel: true })],
  ])("%j", async (keys, answer) => {
    const scene = new Scene();
    const answered = scene.ask({}, elicitation);
    await scene.terminal.until(/\[c\]ancel\? /);
    scene.terminal.type(keys);
    expect(await answered).toEqual(answer);
  });

  test("why an answer was not taken is said, and it is asked again", async () => {
    const scene = new Scene();
    const answered = scene.ask({ complaint: "days is too small" }, elicitation);
    expect(await scene.terminal.until(/\[c\]ancel\? /)).toContain("days is too small");
    scene.terminal.type("c\r");
    expect(await answered).toEqual(decided({ cancel: true }));
  });
});
