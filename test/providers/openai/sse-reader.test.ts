import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SseReader } from "../../../src/providers/openai/sse-reader.ts";

type Event = readonly [data: string, name: string | undefined];

function read(segments: readonly Uint8Array[], maxLineBytes = 1_048_576): readonly Event[] {
  const events: Event[] = [];
  const reader = new SseReader(maxLineBytes, (data, name) => events.push([data, name]));
  for (const segment of segments) reader.feed(Buffer.from(segment));
  reader.end();
  return events;
}

function cutAt(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const segments: Buffer[] = [];
  let rest = bytes;
  for (const length of lengths) {
    segments.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...segments, rest];
}

/** What event streams are made of, right and wrong. */
const piece = fc.oneof(
  fc.constantFrom("data:", "data: ", "event: ", "event: error", "id: 1", "retry: 5", ":", "\uFEFF"),
  fc.constantFrom("\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "[DONE]", '{"a":1}', "é", "😀", "\xEF"),
  fc.string(),
);
const stream = fc
  .array(
    fc.oneof(
      piece.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }),
    ),
  )
  .map((parts) => Buffer.concat(parts));

describe("SseReader", () => {
  test("any cut of a stream into segments gives the same events", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(20)), (bytes, lengths) => {
        expect(read(cutAt(bytes, lengths))).toEqual(read([bytes]));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a cut at each byte gives the same events", () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(read([bytes]));
      }),
    );
  });

  test("any text comes through, with any line end, in one event or in several lines", () => {
    const text = fc.string({ unit: "grapheme" }).map((line) => line.replaceAll(/[\r\n\0]/g, ""));
    const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), lineEnd, (lines, end) => {
        const bytes = Buffer.from(lines.map((line) => `data: ${line}${end}`).join("") + end);
        expect(read([bytes])).toEqual([[lines.join("\n"), undefined]]);
      }),
    );
  });

  test("comments and unknown fields are dropped, the event's name is kept", () => {
    const bytes = Buffer.from(": hi\nfoo: bar\nevent: error\ndata: boom\n\ndata: x\n\n");
    expect(read([bytes])).toEqual([
      ["boom", "error"],
      ["x", undefined],
    ]);
  });

  test("an event that lacks its blank line is given at the end", () => {
    expect(read([Buffer.from("data: a\n\ndata: b")])).toEqual([
      ["a", undefined],
      ["b", undefined],
    ]);
  });

  const tooLong = { code: "PROVIDER_PROTOCOL", message: expect.stringContaining("too long") };

  test.for([
    ["a line in one segment", ["data: ", "x".repeat(101), "\n\n"]],
    ["a line in many segments", ["data: ", ..."x".repeat(101), "\n\n"]],
    ["a line that does not end", ["data: ", ..."x".repeat(120)]],
    ["an event of many lines", [..."data: xxxxxxxxx\n".repeat(11), "\n"]],
    ["an event's name", ["event: ", ..."x".repeat(120)]],
  ] as const)("%s that is too long is an error", ([, parts]) => {
    expect(() =>
      read(
        parts.map((part) => Buffer.from(part)),
        100,
      ),
    ).toThrow(expect.objectContaining(tooLong));
  });

  test("a line of just the limit is not", () => {
    expect(read([Buffer.from(`data: ${"x".repeat(100)}\n\n`)], 100)).toHaveLength(1);
  });
});
