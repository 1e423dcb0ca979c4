import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { JobStream } from "../../../src/supervisor/log/job-stream.ts";
import { bytesOf, runOf, textOf, textRun } from "../../support/arbitraries.ts";

let held: boolean[];
let grants: number[];

beforeEach(() => {
  held = [];
  grants = [];
});

function streamOf(options: { windowBytes?: number; maxOutputBytes?: number } = {}): JobStream {
  return new JobStream({
    windowBytes: 10,
    maxOutputBytes: 1_000,
    onHeld: (isHeld) => held.push(isHeld),
    onEvent: () => {},
    onSubscriberFailed: () => {},
    ...options,
  });
}

const open = (stream: JobStream) => stream.openCall((bytes) => grants.push(bytes));
const receive = (stream: JobStream, ...texts: string[]) => stream.receive(textRun(...texts), 1);
const respond = (stream: JobStream) => {
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  const response = { text: "", toolCalls: [], finishReason: "stop", usage } as const;
  stream.log.append({ type: "response", response }, 1);
  stream.responded();
  stream.closeCall();
};

/** All chunks in the log. */
async function chunksOf(stream: JobStream): Promise<ModelResponseChunk[]> {
  stream.log.append({ type: "cancelled", reason: "x", partial: {} }, 1);
  const chunks: ModelResponseChunk[] = [];
  for await (const chunk of stream.chunks(() => {})) chunks.push(chunk);
  return chunks;
}

describe("JobStream.openCall()", () => {
  test("allows one window at first, and more as it is read", async () => {
    const stream = streamOf();
    const reader = stream.chunks(() => {});
    expect(open(stream)).toBe(10);
    receive(stream, "01234", "56789");
    expect(grants).toEqual([]);
    await reader.next();
    expect(grants).toEqual([15]);
    await reader.next();
    expect(grants).toEqual([15, 20]);
  });

  test("counts each call from its own beginning", () => {
    const stream = streamOf();
    open(stream);
    receive(stream, "0123456789");
    respond(stream);
    grants = [];
    expect(open(stream)).toBe(10);
    receive(stream, "0123456789");
    expect(grants).toEqual([20]);
  });

  test("allows nothing while a reader holds a whole window unread", async () => {
    const stream = streamOf();
    const reader = stream.chunks(() => {});
    open(stream);
    receive(stream, "0123456789");
    respond(stream);
    expect(open(stream)).toBe(0);
    await reader.next();
    expect(grants).toEqual([10]);
  });

  test("grants nothing once the call has ended", async () => {
    const stream = streamOf();
    const reader = stream.chunks(() => {});
    open(stream);
    receive(stream, "0123456789");
    stream.closeCall();
    await reader.next();
    expect(grants).toEqual([]);
  });
});

describe("JobStream.receive()", () => {
  test("tells when readers hold the stream and when they no longer do", async () => {
    const stream = streamOf();
    const reader = stream.chunks(() => {});
    open(stream);
    receive(stream, "0123456789");
    expect(held).toEqual([true]);
    await reader.next();
    expect(held).toEqual([true, false]);
  });

  test("a reader that leaves holds nothing any more", async () => {
    const stream = streamOf();
    const reader = stream.chunks(() => {});
    open(stream);
    receive(stream, "0123456789");
    await reader.return();
    expect(held).toEqual([true, false]);
    expect(grants).toEqual([20]);
  });

  test("between two calls nothing is held", () => {
    const stream = streamOf();
    stream.chunks(() => {});
    open(stream);
    receive(stream, "0123456789");
    stream.closeCall();
    expect(held).toEqual([true, false]);
  });

  test("keeps output up to the limit, and exactly to it", () => {
    const stream = streamOf({ maxOutputBytes: 5 });
    expect(receive(stream, "012", "34")).toBe(true);
    expect(stream.log.chunkBytes).toBe(5);
    expect(receive(stream, "5")).toBe(false);
    expect(stream.log.chunkBytes).toBe(5);
  });

  test("cuts a run before the chunk that does not fit, never inside one", async () => {
    const stream = streamOf({ maxOutputBytes: 5 });
    expect(receive(stream, "0", "é", "漢", "1")).toBe(false);
    expect((await chunksOf(stream)).map(textOf)).toEqual(["0", "é"]);
  });

  test("past the limit it keeps nothing any more: what is kept has no hole", async () => {
    const stream = streamOf({ maxOutputBytes: 5 });
    expect(receive(stream, "012", "3456789")).toBe(false);
    expect(receive(stream, "x")).toBe(false);
    expect((await chunksOf(stream)).map(textOf)).toEqual(["012"]);
  });

  test("what is kept is the longest beginning that fits, however it is cut into runs", async () => {
    const anyRuns = fc.array(
      fc.array(fc.string({ unit: "grapheme", maxLength: 4 }), { minLength: 1, maxLength: 6 }),
      { maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(anyRuns, fc.nat({ max: 60 }), async (runs, maxOutputBytes) => {
        const stream = streamOf({ maxOutputBytes });
        const whole = runs.map((texts) => receive(stream, ...texts));
        const kept = await chunksOf(stream);
        const all = runs.flat();
        expect(kept.map(textOf)).toEqual(all.slice(0, kept.length));
        expect(bytesOf(kept)).toBeLessThanOrEqual(maxOutputBytes);
        expect(whole.includes(false)).toBe(kept.length < all.length);
        const next = all[kept.length];
        if (next !== undefined) {
          expect(bytesOf(kept) + Buffer.byteLength(next)).toBeGreaterThan(maxOutputBytes);
        }
      }),
    );
  });
});

describe("JobStream.openText()", () => {
  test("is the text since the last complete response, without reasoning and tool calls", () => {
    const stream = streamOf();
    open(stream);
    receive(stream, "first");
    respond(stream);
    expect(stream.openText()).toBe("");
    open(stream);
    stream.receive(runOf([{ type: "reasoning", text: "hm" }]), 1);
    receive(stream, "sec", "ond");
    stream.receive(runOf([{ type: "tool-call", index: 0, argumentsText: "{}" }]), 1);
    expect(stream.openText()).toBe("second");
    stream.closeCall();
    expect(stream.openText()).toBe("second");
  });

  test("of a call that failed, it is what had arrived of that call alone", () => {
    const stream = streamOf();
    open(stream);
    receive(stream, "lost");
    stream.closeCall();
    open(stream);
    receive(stream, "kept");
    expect(stream.openText()).toBe("kept");
  });
});
