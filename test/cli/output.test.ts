import { describe, expect, test } from "vitest";
import { Output } from "../../src/cli/output.ts";
import { redactor } from "../../src/cli/redact.ts";

class FakeStream {
  readonly written: string[] = [];
  #onError: (error: Error) => void = () => {};

  write(text: string, taken: () => void): void {
    this.written.push(text);
    queueMicrotask(taken);
  }

  on(_: "error", listener: (error: Error) => void): void {
    this.#onError = listener;
  }

  fail(): void {
    this.#onError(new TypeError("EPIPE"));
  }
}

describe("Output", () => {
  test("writes in order, without secrets", async () => {
    const stream = new FakeStream();
    const output = new Output(stream, redactor(["sk-secret"]));
    await Promise.all([output.write("one sk-secret"), output.write("two")]);
    expect(stream.written).toEqual(["one [redacted]", "two"]);
  });

  test("is silent once its reader has gone, and tells so", async () => {
    const stream = new FakeStream();
    const output = new Output(stream, redactor([]));
    stream.fail();
    await output.write("late");
    expect(output.gone.aborted).toBe(true);
    expect(stream.written).toEqual([]);
  });
});
