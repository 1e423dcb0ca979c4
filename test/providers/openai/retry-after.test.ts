import { describe, expect, test } from "vitest";
import { retryAfterMs } from "../../../src/providers/openai/retry-after.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

describe("retryAfterMs()", () => {
  test.for([
    [{}, undefined],
    [{ "retry-after-ms": "1500" }, 1_500],
    [{ "retry-after-ms": "0" }, 0],
    [{ "retry-after-ms": "12.5" }, 12.5],
    [{ "retry-after-ms": "100", "retry-after": "9" }, 100],
    [{ "retry-after-ms": "soon", "retry-after": "9" }, 9_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after": " 2 " }, 2_000],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "1e309" }, undefined],
    [{ "retry-after": "9".repeat(400) }, undefined],
    [{ "retry-after": "NaN" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT" }, 7_000],
    [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    [{ "retry-after": "tomorrow" }, undefined],
  ])("%j gives %s", ([headers, expected]) => {
    expect(retryAfterMs(headers as never, {}, NOW)).toBe(expected);
  });
});
