import { describe, expect, test } from "vitest";
import { McpBackOff } from "../../../src/supervisor/tools/mcp-back-off.ts";

/** What each of `held` is followed by, as soon as one is over the next begins: each is how long a connection has held. */
function pauses(held: readonly number[], chance: number): readonly number[] {
  const backOff = new McpBackOff();
  let nowMs = 0;
  return held.map((heldMs) => {
    nowMs += heldMs;
    backOff.failed(nowMs, heldMs, chance);
    const pauseMs = backOff.pauseMs(nowMs);
    nowMs += pauseMs;
    expect(backOff.pauseMs(nowMs)).toBe(0);
    return pauseMs;
  });
}

describe("McpBackOff", () => {
  test("there is no pause before anything has failed", () => {
    expect(new McpBackOff().pauseMs(0)).toBe(0);
  });

  test("after one failure at once, then twice as long each time, up to half a minute", () => {
    const all = pauses([0, 0, 10, 29_999, 0, 0, 0, 0, 0, 0], 0);
    expect(all).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("a connection that was stable begins anew", () => {
    expect(pauses([0, 0, 0, 30_000, 0], 0)).toEqual([0, 500, 1_000, 0, 500]);
  });

  test("a pause is up to a quarter shorter", () => {
    expect(pauses([0, 0, 0], 1)).toEqual([0, 375, 750]);
  });
});
