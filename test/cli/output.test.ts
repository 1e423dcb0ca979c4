import { describe, expect, test } from "vitest";
import { Output } from "../../src/cli/output.ts";
import { redactor } from "../../src/cli/redact.ts";
import { FakeStream } from "./support/fake-stream.ts";

describe("Output", () => {
  test("writes in order, without secrets", async () => {
    const stream = new FakeStream();
    const output = new Output(stream, redactor(["sk-secret"]));
    await Promise.all([output.write("one sk-secret "), output.write("two")]);
    expect(stream.text).toBe("one [redacted] two");
  });

  test("a terminal gets no control characters of others, a pipe gets all", async () => {
    for (const [terminal, expected] of [
      [{ columns: 80, rows: 24 }, "a[2Jb\n"],
      [undefined, "a\u001b[2Jb\n"],
    ] as const) {
      const stream = new FakeStream(terminal);
      await new Output(stream, redactor([])).print("a\u001b[2Jb\n");
      expect(stream.text).toBe(expected);
    }
  });

  test("while it is held only the holder writes; what others write comes afterwards, in order", async () => {
    const stream = new FakeStream();
    const output = new Output(stream, redactor(["sk-secret"]));
    const hold = output.hold();
    const others = Promise.all([output.write("one "), output.print("two ")]);
    await hold.write("sk-secret? ");
    expect([stream.text, output.isHeld]).toEqual(["[redacted]? ", true]);
    hold.release();
    await others;
    await output.write("three");
    expect([stream.text, output.isHeld]).toEqual(["[redacted]? one two three", false]);
  });

  test("writes nothing more once its stream has failed, and tells so", async () => {
    const stream = new FakeStream();
    const output = new Output(stream, redactor([]));
    const error = new TypeError("EPIPE");
    stream.fail(error);
    await output.write("late");
    expect(output.gone.aborted).toBe(true);
    expect(output.gone.reason).toBe(error);
    expect(stream.text).toBe("");
  });
});
