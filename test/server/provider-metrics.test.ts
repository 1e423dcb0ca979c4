import { expect, test } from "vitest";
import { scriptedProvider } from "../../src/index.ts";
import { serveMetered } from "../support/metrics.ts";
import { startProviders } from "../support/providers.ts";

test("calls that went on to another provider, its tokens, and a breaker that has opened", async () => {
  const breaker = { failures: 2, pauseMs: 3_600_000 };
  const main = scriptedProvider({
    repeat: true,
    responses: [{ error: { status: 503, message: "down" } }],
    breaker,
  });
  const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 12 };
  const { supervisor, session } = await startProviders({ main, backup: [{ text: "x", usage }] });
  const { figures } = await serveMetered([], {
    supervisor,
    agents: { helper: { provider: "main" } },
  });
  const open = async (provider: string) =>
    (await figures()).sum("heddle_provider_breaker_open", { provider });
  expect([await open("main"), await open("backup")]).toEqual([0, 0]);
  for (let i = 0; i < 3; i++) {
    await session.run({ provider: "main", fallback: ["backup"] }, { prompt: "go" }).wait();
  }
  expect([await open("main"), await open("backup")]).toEqual([1, 0]);
  const { sum } = await figures();
  expect(sum("heddle_provider_breaker_openings_total", { provider: "main" })).toBe(1);
  const from = { from: "main", to: "backup" };
  expect(sum("heddle_job_fallbacks_total", { ...from, code: "PROVIDER_UNAVAILABLE" })).toBe(2);
  expect(sum("heddle_job_fallbacks_total", { ...from, code: "BREAKER_OPEN" })).toBe(1);
  expect(sum("heddle_tokens_total", { provider: "backup", kind: "input" })).toBe(15);
  expect(sum("heddle_tokens_total", { provider: "main" })).toBe(0);
});
