import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProviderLimits } from "../../../src/protocol/provider.ts";
import { MinuteWindow } from "../../../src/supervisor/gateways/minute-window.ts";

type Sent = { readonly atMs: number; tokens: number };

/** A window with what was sent at these times, each with one token. */
function windowOf(limits: ProviderLimits, ...times: readonly number[]): MinuteWindow {
  const window = new MinuteWindow(limits);
  for (const atMs of times) window.add(atMs, 1);
  return window;
}

describe("MinuteWindow.nextAtMs()", () => {
  test.each([
    ["without limits, at once", {}, [0, 0, 0], 0, 0],
    ["while there are fewer than the limit, at once", { requestsPerMinute: 120 }, [0], 0, 0],
    ["a second has a sixtieth of the limit", { requestsPerMinute: 120 }, [0, 10], 20, 1_000],
    ["rounded up", { requestsPerMinute: 61 }, [0, 10], 20, 1_000],
    ["which is one at least", { requestsPerMinute: 2 }, [0], 20, 1_000],
    ["a minute has no more than the limit", { requestsPerMinute: 2 }, [0, 1_000], 2_000, 60_000],
    ["the oldest makes room first", { requestsPerMinute: 2 }, [5, 1_005], 60_004, 60_005],
    ["one that is a minute old counts no more", { requestsPerMinute: 1 }, [0], 60_000, 60_000],
  ] as const)("%s", (_, limits, times, nowMs, expected) => {
    expect(windowOf(limits, ...times).nextAtMs(nowMs, 1)).toBe(expected);
  });

  test("tokens have to fit in", () => {
    const window = new MinuteWindow({ tokensPerMinute: 100 });
    window.add(0, 60);
    window.add(10, 30);
    expect(window.nextAtMs(20, 10)).toBe(20);
    expect(window.nextAtMs(20, 11)).toBe(60_000);
    expect(window.nextAtMs(20, 71)).toBe(60_010);
    expect(window.left(20)).toMatchObject({ tokens: 10 });
  });

  test("a request larger than the limit is let in when there is no other", () => {
    const window = new MinuteWindow({ tokensPerMinute: 100 });
    expect(window.nextAtMs(0, 500)).toBe(0);
    window.add(0, 500);
    expect(window.nextAtMs(1, 1)).toBe(60_000);
    expect(window.left(1)).toMatchObject({ tokens: 0 });
    window.add(60_000, 1);
    expect(window.nextAtMs(60_001, 500)).toBe(120_000);
  });

  test("a correction counts, in both directions, as long as the request is in the window", () => {
    const window = new MinuteWindow({ tokensPerMinute: 100 });
    const entry = window.add(0, 60);
    window.correct(entry, 10);
    expect(window.nextAtMs(1, 90)).toBe(1);
    window.correct(entry, 200);
    expect(window.nextAtMs(1, 1)).toBe(60_000);
    expect(window.left(60_000)).toMatchObject({ tokens: 100 });
    window.correct(entry, 0);
    expect(window.left(60_000)).toMatchObject({ tokens: 100 });
  });

  const anyLimits = fc.record(
    {
      requestsPerMinute: fc.integer({ min: 1, max: 200 }),
      tokensPerMinute: fc.integer({ min: 1, max: 500 }),
    },
    { noNullPrototype: true },
  );
  const anyRequest = fc.record({
    afterMs: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 40_000 })),
    tokens: fc.nat({ max: 600 }),
    corrected: fc.option(fc.nat({ max: 600 })),
  });

  test("no window of a minute or a second ever has too much; no request waits longer than it has to, or more than a minute", () => {
    fc.assert(
      fc.property(anyLimits, fc.array(anyRequest, { maxLength: 60 }), (limits, requests) => {
        const window = new MinuteWindow(limits);
        const sent: Sent[] = [];
        let nowMs = 0;
        for (const { afterMs, tokens, corrected } of requests) {
          nowMs += afterMs;
          const atMs = window.nextAtMs(nowMs, tokens);
          expect(atMs).toBeGreaterThanOrEqual(nowMs);
          expect(atMs).toBeLessThanOrEqual(nowMs + 60_000);
          expect(fits(limits, sent, atMs, tokens)).toBe(true);
          if (atMs > nowMs) expect(fits(limits, sent, atMs - 1, tokens)).toBe(false);
          nowMs = atMs;
          const entry = window.add(nowMs, tokens);
          sent.push({ atMs, tokens: corrected ?? tokens });
          if (corrected !== null) window.correct(entry, corrected);
        }
      }),
    );
  });

  test("what has left the window is forgotten, however much there was", () => {
    const window = new MinuteWindow({ requestsPerMinute: 1_000_000 });
    for (let atMs = 0; atMs < 200_000; atMs += 20) window.add(atMs, 0);
    expect(window.left(200_000)).toMatchObject({ requests: 1_000_000 - 2_999 });
    expect(window.left(300_000)).toMatchObject({ requests: 1_000_000 });
  });
});

/** The rule, as it is written down. */
function fits(limits: ProviderLimits, sent: readonly Sent[], atMs: number, tokens: number) {
  const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = limits;
  const within = (ms: number) => sent.filter((entry) => entry.atMs + ms > atMs);
  const taken = within(60_000).reduce((sum, entry) => sum + entry.tokens, 0);
  return (
    within(60_000).length < requestsPerMinute &&
    within(1_000).length < Math.ceil(requestsPerMinute / 60) &&
    (taken === 0 || taken + tokens <= tokensPerMinute)
  );
}
