import { describe, expect, test } from "vitest";
import { LatencyReader } from "../../bench/latency-reader.ts";
import { nowMs, stampOf } from "../../bench/servers/clock.ts";
import { TokenReader, tokensOf } from "../../bench/tokens.ts";

const TOKENS = tokensOf(40);

describe("tokensOf()", () => {
  test("gives chunks of one length, all different", () => {
    expect(new Set(TOKENS).size).toBe(40);
    expect(new Set(TOKENS.map(({ length }) => length))).toEqual(new Set([6]));
  });
});

describe("TokenReader", () => {
  test("accepts what was sent", () => {
    expect(() => read(TOKENS)).not.toThrow();
  });

  test.each([
    ["the last one is missing", TOKENS.slice(0, -1)],
    ["one in the middle is missing", TOKENS.toSpliced(7, 1)],
    ["one comes twice", TOKENS.toSpliced(7, 0, TOKENS[7] as string)],
    ["two are swapped", TOKENS.toSpliced(7, 2, TOKENS[8] as string, TOKENS[7] as string)],
    ["one is changed", TOKENS.with(7, "00008 ")],
    ["one too many", [...TOKENS, "x"]],
    ["two are merged", TOKENS.toSpliced(7, 2, `${TOKENS[7]}${TOKENS[8]}`)],
  ])("fails when %s", (_, chunks) => {
    expect(() => read(chunks)).toThrow(/read \d+ chunks of 40/);
  });
});

describe("LatencyReader", () => {
  test("tells how long each chunk was on its way", () => {
    const reader = new LatencyReader(2);
    const sentMs = nowMs();
    reader.take(stampOf(0, sentMs - 1_000));
    reader.take(stampOf(1, sentMs - 2_000));
    const [first = 0, second = 0] = reader.end();
    // To the microsecond.
    expect(first).toBeGreaterThan(999.9);
    expect(second).toBeGreaterThan(1_999.9);
  });

  test.each([
    ["one is missing", ["0 1 ", "2 1 "]],
    ["the last is missing", ["0 1 ", "1 1 "]],
    ["two are swapped", ["0 1 ", "2 1 ", "1 1 "]],
  ])("fails when %s", (_, chunks) => {
    const reader = new LatencyReader(3);
    for (const chunk of chunks) reader.take(chunk);
    expect(() => reader.end()).toThrow(/chunks of 3/);
  });
});

function read(chunks: readonly string[]): void {
  const reader = new TokenReader(TOKENS);
  for (const chunk of chunks) reader.take(chunk);
  reader.end();
}
