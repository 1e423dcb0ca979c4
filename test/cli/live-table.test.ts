import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LiveTable } from "../../src/cli/live-table.ts";
import { Output } from "../../src/cli/output.ts";
import { redactor } from "../../src/cli/redact.ts";
import { table } from "../../src/cli/report.ts";
import { Tally } from "../../src/cli/tally.ts";
import { colorsFor } from "../../src/cli/terminal.ts";
import { FakeStream } from "./support/fake-stream.ts";

const colors = colorsFor({ isTerminal: true }, { NO_COLOR: "1" });

describe("LiveTable", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const open = (stream: FakeStream, tally: Tally): LiveTable =>
    new LiveTable(new Output(stream, redactor(["sk-secret"])), (size) =>
      table(tally.snapshot(Date.now()), { title: "the title", colors, ...size }),
    );

  test("draws at once, then at most ten times a second, and not when nothing has changed", () => {
    const stream = new FakeStream({ columns: 80, rows: 24 });
    const tally = new Tally(0);
    const table = open(stream, tally);
    expect(stream.text).toContain("the title");
    for (let i = 0; i < 100; i += 1) {
      tally.started(`job-${i}`, Date.now());
      vi.advanceTimersByTime(10);
    }
    expect(stream.written.length).toBeLessThanOrEqual(11);
    expect(stream.text).toContain("job-98");
    table.close();
  });

  test("a note stays above it, and everything is without secrets and control characters", () => {
    const stream = new FakeStream({ columns: 80, rows: 24 });
    const tally = new Tally(0);
    const table = open(stream, tally);
    tally.started("\u001b]0;title\u0007 sk-secret", 0);
    table.note("line 3: \u0007 sk-secret");
    vi.advanceTimersByTime(100);
    expect(stream.text).toContain("heddle: line 3:  [redacted]\n");
    expect(stream.text).toContain("]0;title [redacted]");
    expect(stream.text).not.toContain("\u0007");
    expect(stream.text).not.toContain("sk-secret");
    table.close();
  });

  test("is away while its terminal is held, and comes back with what was noted meanwhile", async () => {
    const stream = new FakeStream({ columns: 80, rows: 24 });
    const terminal = new Output(stream, redactor([]));
    const table = new LiveTable(terminal, () => ["the table"]);
    const shownBefore = stream.text;
    table.hold();
    const hold = terminal.hold();
    const taken = stream.text.slice(shownBefore.length);
    expect(taken).not.toContain("the table");
    expect(taken).not.toBe("");
    await hold.write("a question? ");
    const asked = stream.text;
    table.note("meanwhile");
    vi.advanceTimersByTime(1_000);
    expect(stream.text).toBe(asked);
    hold.release();
    vi.advanceTimersByTime(100);
    const after = stream.text.slice(asked.length);
    expect(after).toMatch(/heddle: meanwhile[\s\S]*the table/);
    table.close();
  });

  test("takes itself away when it is closed, and draws no more", () => {
    const stream = new FakeStream({ columns: 80, rows: 24 });
    const table = open(stream, new Tally(0));
    table.close();
    const { length } = stream.written;
    vi.advanceTimersByTime(1_000);
    expect(stream.written).toHaveLength(length);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a terminal that does not know its size gets the usual one", () => {
    const stream = new FakeStream({ columns: 0, rows: 0 });
    open(stream, new Tally(0)).close();
    expect(stream.text).toContain("the title\n");
  });
});
