import { describe, expect, test } from "vitest";
import { LineReader } from "../../src/cli/line-reader.ts";
import { FakeTerminal } from "./support/fake-terminal.ts";

const never = new AbortController().signal;

function open() {
  const terminal = new FakeTerminal();
  return { terminal, reader: new LineReader(terminal.input, terminal.output) };
}

describe("LineReader", () => {
  test("a line; afterwards Ctrl-C is a signal again", async () => {
    const { terminal, reader } = open();
    const answer = reader.ask("name? ", { signal: never });
    await terminal.until(/name\? /);
    expect(terminal.isRaw).toBe(true);
    terminal.type("Ada\r");
    expect(await answer).toEqual({ type: "lines", lines: ["Ada"] });
    expect(terminal.isRaw).toBe(false);
  });

  test("lines that are pasted at once come together; none of them answers the next question", async () => {
    const { terminal, reader } = open();
    const answer = reader.ask("> ", { signal: never });
    await terminal.until(/> /);
    terminal.type("one\rtwo\rthree\r");
    expect(await answer).toEqual({ type: "lines", lines: ["one", "two", "three"] });
    const next = reader.ask("# ", { signal: never });
    await terminal.until(/# /);
    terminal.type("\u0004");
    expect(await next).toEqual({ type: "closed" });
  });

  test("what was typed before a fresh question does not answer it", async () => {
    const { terminal, reader } = open();
    terminal.type("a\r");
    const answer = reader.ask("sure? ", { signal: never, isFresh: true });
    await terminal.until(/sure\? /);
    terminal.type("d\r");
    expect(await answer).toEqual({ type: "lines", lines: ["d"] });
  });

  test("Ctrl-C interrupts; where it clears the line, only an empty one", async () => {
    const { terminal, reader } = open();
    const first = reader.ask("> ", { signal: never });
    await terminal.until(/> /);
    terminal.type("abc\u0003");
    expect(await first).toEqual({ type: "interrupted" });
    const second = reader.ask("> ", { signal: never, clearsLine: true });
    await terminal.until(/> /);
    terminal.type("abc\u0003x\r");
    expect(await second).toEqual({ type: "lines", lines: ["x"] });
    const third = reader.ask("> ", { signal: never, clearsLine: true });
    await terminal.until(/> /);
    terminal.type("\u0003");
    expect(await third).toEqual({ type: "interrupted" });
  });

  test("a question that is taken back leaves the terminal as usual", async () => {
    const { terminal, reader } = open();
    const stop = new AbortController();
    const answer = reader.ask("> ", { signal: stop.signal });
    await terminal.until(/> /);
    stop.abort();
    expect(await answer).toEqual({ type: "withdrawn" });
    expect(terminal.isRaw).toBe(false);
    expect(await reader.ask("> ", { signal: stop.signal })).toEqual({ type: "withdrawn" });
  });

  test("a terminal that is gone answers nothing more", async () => {
    const { terminal, reader } = open();
    const answer = reader.ask("> ", { signal: never });
    await terminal.until(/> /);
    terminal.input.end();
    expect(await answer).toEqual({ type: "closed" });
    expect(await reader.ask("> ", { signal: never })).toEqual({ type: "closed" });
  });

  test("what stands there already can be edited, and earlier lines are found", async () => {
    const { terminal, reader } = open();
    const prefilled = reader.ask("> ", { signal: never, prefill: "abc" });
    await terminal.until(/abc/);
    terminal.type("\u007f!\r");
    expect(await prefilled).toEqual({ type: "lines", lines: ["ab!"] });
    const earlier = reader.ask("# ", { signal: never, history: ["last", "first"] });
    await terminal.until(/# /);
    terminal.type("\u001b[A\u001b[A\r");
    expect(await earlier).toEqual({ type: "lines", lines: ["first"] });
  });
});
