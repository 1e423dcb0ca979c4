import { describe, expect, test } from "vitest";
import { sessionGone } from "../../../src/supervisor/tools/mcp-refusals.ts";
import { pauseBeforeRetry } from "../../../src/supervisor/tools/mcp-retry.ts";

describe("pauseBeforeRetry()", () => {
  test("a lost session is tried again once, at once", () => {
    const gone = sessionGone(404, "");
    expect(pauseBeforeRetry(gone, 1, false)).toBe(0);
    expect(pauseBeforeRetry(gone, 2, false)).toBeUndefined();
  });

  test.each<[facts: object, tries: number, isRepeatable: boolean, pauseMs: number | undefined]>([
    [{ status: 429, retryAfterMs: 5_000 }, 1, false, 5_000],
    [{ status: 429, retryAfterMs: 5_000 }, 2, false, 5_000],
    [{ status: 429, retryAfterMs: 5_000 }, 3, false, undefined],
    [{ status: 429 }, 1, true, undefined],
    [{ status: 429, retryAfterMs: 30_001 }, 1, true, undefined],
    [{ status: 503, retryAfterMs: 0 }, 1, true, 0],
    [{ status: 503, retryAfterMs: 0 }, 1, false, undefined],
    [{ status: 500 }, 1, true, undefined],
    [{}, 1, true, undefined],
  ])("%j, tried %i times, may be repeated: %s", (facts, tries, isRepeatable, pauseMs) => {
    expect(pauseBeforeRetry(facts, tries, isRepeatable)).toBe(pauseMs);
  });
});
