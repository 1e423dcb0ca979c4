import type { ProviderInspection } from "../../index.ts";
import type { Instruments } from "./instruments.ts";
import type { Meter } from "./meter.ts";

/** What is sent to providers, and what waits for their limits. */
export function providerMetrics(instruments: Instruments): Meter {
  const labels = ["provider"] as const;
  const inFlight = instruments.gauge("provider_requests_in_flight", "Requests under way.", labels);
  const waiting = instruments.gauge(
    "provider_requests_waiting",
    "Requests that wait for their turn: for the provider's limits, or because it has refused others.",
    labels,
  );
  const backOff = instruments.gauge(
    "provider_back_off_seconds",
    "For how long nothing more is sent, because the provider has refused a request; 0: it is not so.",
    labels,
  );
  const left = instruments.gauge(
    "provider_limit_left",
    "What the last 60 seconds have left of the provider's limits, where there are any.",
    ["provider", "limit"],
  );
  const waits = instruments.counter(
    "provider_waits_total",
    "Requests that had to wait for their turn, and no longer do.",
    labels,
  );
  const waitSeconds = instruments.counter(
    "provider_wait_seconds_total",
    "How long those requests have waited together.",
    labels,
  );
  const open = instruments.gauge(
    "provider_breaker_open",
    "1 while those who have another provider pass this one over, or try it out; else 0.",
    labels,
  );
  const openings = instruments.counter(
    "provider_breaker_openings_total",
    "How often a provider has failed so often that it is passed over.",
    labels,
  );
  /** The supervisor counts from its own start. */
  const counted = new Map<string, ProviderInspection>();

  const count = (now: ProviderInspection) => {
    const { name: provider } = now;
    const before = counted.get(provider);
    waits.inc({ provider }, now.waits - (before?.waits ?? 0));
    waitSeconds.inc({ provider }, (now.waitedMs - (before?.waitedMs ?? 0)) / 1_000);
    openings.inc({ provider }, now.breaker.openings - (before?.breaker.openings ?? 0));
    counted.set(provider, now);
  };
  const show = (now: ProviderInspection) => {
    const { name: provider, backingOffUntilMs = 0, requestsLeft, tokensLeft } = now;
    inFlight.set({ provider }, now.inFlight);
    waiting.set({ provider }, now.waiting);
    backOff.set({ provider }, Math.max(0, backingOffUntilMs - Date.now()) / 1_000);
    if (requestsLeft !== undefined) left.set({ provider, limit: "requests" }, requestsLeft);
    if (tokensLeft !== undefined) left.set({ provider, limit: "tokens" }, tokensLeft);
    open.set({ provider }, now.breaker.state === "closed" ? 0 : 1);
    count(now);
  };
  return { onScrape: ({ providers }) => providers.forEach(show) };
}
