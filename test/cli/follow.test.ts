import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { followerOf } from "../../src/cli/follow.ts";
import { Output } from "../../src/cli/output.ts";
import type { Prepared } from "../../src/cli/prepare.ts";
import { redactor } from "../../src/cli/redact.ts";
import type { JobEvent, ModelResponseChunk, WorkerJob } from "../../src/index.ts";
import { FakeStream } from "./support/fake-stream.ts";

const chunks: readonly ModelResponseChunk[] = [
  { type: "reasoning", text: "hm" },
  { type: "text", text: "It is\u001b[2J " },
  { type: "text", text: "blue." },
];
const events: readonly JobEvent[] = chunks.map((chunk, seq) => ({
  type: "chunk",
  seq,
  atMs: 0,
  chunk,
}));

const job = {
  id: "prompt",
  async *events(): AsyncGenerator<JobEvent> {
    yield* events;
  },
} as unknown as WorkerJob;

async function follow(argv: readonly string[], isTerminal: boolean): Promise<string | undefined> {
  const command = parseArguments(["run", ...argv], { isTerminal: true });
  const stream = new FakeStream(isTerminal ? { columns: 80, rows: 24 } : undefined);
  const output = new Output(stream, redactor([]));
  const streams = { stdout: output, stderr: output, redact: redactor([]) };
  const follower = followerOf(command as unknown as Prepared, streams, {});
  await follower?.(job);
  return follower === undefined ? undefined : stream.text;
}

describe("followerOf()", () => {
  test("a prompt on a terminal: the text alone, with a line break at its end", async () => {
    expect(await follow(["-p", "why?"], true)).toBe("It is[2J blue.\n");
  });

  test("--events: each event as a line that begins with the job's id", async () => {
    const text = await follow(["-p", "why?", "--events"], false);
    expect(
      text
        ?.split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual(events.map((event) => ({ id: "prompt", ...event })));
    expect(text).toMatch(/^\{"id":"prompt",/);
  });

  test("a prompt in a pipe, and a batch: nothing", async () => {
    expect(await follow(["-p", "why?"], false)).toBeUndefined();
    expect(await follow(["in.jsonl"], true)).toBeUndefined();
  });
});
