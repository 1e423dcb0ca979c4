import { HeddleError } from "../../../src/errors.ts";
import type { ProviderLimits } from "../../../src/protocol/provider.ts";
import type { Applicant } from "../../../src/supervisor/gateways/limiter.ts";
import { Limiter } from "../../../src/supervisor/gateways/limiter.ts";
import { FakeClock, turn } from "../../support/fake-clock.ts";

const retry = { maxRetries: 2, initialDelayMs: 500, maxDelayMs: 10_000 };

/** A limiter in a time of its own, and what it has told whom. */
export class LimiterUnderTest {
  readonly clock: FakeClock = new FakeClock();
  readonly limiter: Limiter;
  readonly told: string[] = [];

  constructor(limits: ProviderLimits = {}) {
    const runtime = { clock: this.clock, random: () => 0 };
    this.limiter = new Limiter({ name: "main", limits, retry }, runtime);
  }

  request(name: string, estimatedTokens = 1): Applicant {
    const applicant: Applicant = {
      session: name[0] as string,
      estimatedTokens,
      onTurn: () => this.told.push(name),
      onWaiting: (reason, untilMs) =>
        this.told.push(`${name}: ${reason} ${untilMs === undefined ? "?" : this.#since(untilMs)}`),
      onRefused: ({ code, details }) =>
        this.told.push(`${name}: ${code} ${details["retryAfterMs"]}`),
    };
    this.limiter.request(applicant);
    return applicant;
  }

  /** Lets `ms` pass. Returns what was told since it was asked last. */
  async pass(ms = 0): Promise<string[]> {
    await turn();
    this.clock.advance(ms);
    await turn();
    return this.told.splice(0);
  }

  #since(untilMs: number): number {
    return untilMs - this.clock.now();
  }
}

/** How a provider refuses a request. */
export function refused(retryAfterMs?: number): HeddleError {
  const details = { retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new HeddleError("PROVIDER_RATE_LIMITED", "slow down", { details });
}

export const unavailable: HeddleError = new HeddleError("PROVIDER_UNAVAILABLE", "not now");
