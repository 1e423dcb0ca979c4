import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { Output } from "../../../src/cli/output.ts";
import { LogLines, openLog } from "../../../src/cli/serve/log.ts";
import { jsonLines } from "../support/command.ts";
import { FakeStream } from "../support/fake-stream.ts";

const same = (text: string): string => text;

describe("openLog()", () => {
  test("writes JSON lines with level, time and an error's stack and causes", async () => {
    const stream = new FakeStream();
    const log = openLog({ pino, level: "info", stdout: new Output(stream, same), secrets: [] });
    log.debug({ a: 0 }, "not to be seen");
    log.error({ err: new Error("outer", { cause: new TypeError("inner") }) }, "it failed");
    const [line] = jsonLines<Record<string, unknown>>(stream.text);
    expect(line).toMatchObject({
      level: "error",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      msg: "it failed",
      err: {
        type: "Error",
        message: "outer: inner",
        stack: expect.stringMatching(/inner[\s\S]*log.test/),
      },
    });
    expect(stream.text).not.toContain("not to be seen");
  });

  test("shows no secret, neither by its name nor by its value", async () => {
    const stream = new FakeStream();
    const secrets = ['to"ken-of-a-client', undefined, "sk-a-key"];
    const log = openLog({ pino, level: "info", stdout: new Output(stream, same), secrets });
    log.info({ authorization: "one", deep: { headers: { cookie: "two" }, apiKey: "three" } }, "m");
    log.warn({ err: new Error('sk-a-key and to"ken-of-a-client') }, "m sk-a-key");
    expect(stream.text).not.toMatch(/"(one|two|three)"|sk-a-key|ken-of-a-client/);
    for (const line of jsonLines(stream.text)) expect(line).toBeTypeOf("object");
  });
});

describe("LogLines", () => {
  test("drops what nobody reads, and says how many lines that were", async () => {
    const written: string[] = [];
    const taken: (() => void)[] = [];
    const stream = {
      write: (text: string, done: () => void) => {
        written.push(text);
        taken.push(done);
      },
      on: () => {},
    };
    const lines = new LogLines(new Output(stream, same));
    const line = `${"x".repeat(1_048_575)}\n`;
    for (let i = 0; i < 7; i += 1) lines.write(line);
    expect(written).toHaveLength(4);
    for (const done of taken.splice(0)) done();
    await new Promise(setImmediate);
    lines.write("{}\n");
    expect(written).toHaveLength(5);
    expect(jsonLines(written[4] ?? "")).toEqual([
      expect.objectContaining({ level: "warn", dropped: 3 }),
      {},
    ]);
  });
});
