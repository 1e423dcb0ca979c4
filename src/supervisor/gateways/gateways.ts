import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { HeddleError } from "../../errors.ts";
import type {
  BreakerPolicy,
  ProviderDescriptor,
  ProviderLimits,
  ProviderSpec,
  RetryPolicy,
} from "../../protocol/provider.ts";
import type { Bounds } from "../check.ts";
import { COUNT, checkFields, checkNumber, checkText, clonePlain, given, refuse } from "../check.ts";
import type { ProviderInspection } from "../inspection.ts";
import type { Runtime } from "../runtime.ts";
import { Breaker } from "./breaker.ts";
import { Gateway } from "./gateway.ts";
import { Limiter } from "./limiter.ts";

/** Their modules are Heddle's own, all of them: what else is loaded may block a thread, or end it. */
const BUILT_IN = ["openai", "scripted"].map(
  (room) => new URL(`../../providers/${room}/`, import.meta.url).href,
);
const PROVIDER_FIELDS = ["module", "options", "env", "retry", "limits", "breaker"];
const DEFAULT_RETRY: RetryPolicy = { maxRetries: 2, initialDelayMs: 500, maxDelayMs: 60_000 };

const DEFAULT_BREAKER: BreakerPolicy = { failures: 5, withinMs: 60_000, pauseMs: 30_000 };
const HOUR_MS: Bounds = { min: 1, max: 3_600_000 };

/** How a provider is asked. */
export type ProviderRoute = { readonly gateway: Gateway; readonly breaker: Breaker };

/** What is kept of a provider, for all gateways. */
type Provider = { readonly limiter: Limiter; readonly breaker: Breaker };

/** All gateways of a supervisor: a few for the built-in providers, one for each module of the user's own and each of another's package. */
export class Gateways {
  readonly #shared: readonly Gateway[];
  readonly #own: ReadonlyMap<string, Gateway>;
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly names: ReadonlySet<string>;

  constructor(specs: readonly ProviderSpec[], count: number, runtime: Runtime) {
    this.#providers = new Map(
      specs.map((spec) => {
        const limiter = new Limiter(spec, runtime);
        return [spec.name, { limiter, breaker: new Breaker(spec, runtime) }];
      }),
    );
    const limiterOf = (provider: string) => this.#provider(provider).limiter;
    const builtIn = specs.filter(({ moduleUrl }) =>
      BUILT_IN.some((room) => moduleUrl.startsWith(room)),
    );
    this.names = new Set(specs.map((spec) => spec.name));
    this.#shared = Array.from(
      { length: builtIn.length === 0 ? 0 : count },
      (_, i) => new Gateway(`gateway-${i}`, builtIn, runtime, limiterOf),
    );
    this.#own = new Map(
      specs
        .filter((spec) => !builtIn.includes(spec))
        .map((spec) => [
          spec.name,
          new Gateway(`gateway-${spec.name}`, [spec], runtime, limiterOf),
        ]),
    );
  }

  get all(): readonly Gateway[] {
    return [...this.#shared, ...this.#own.values()];
  }

  /** One for each provider. */
  inspectProviders(): readonly ProviderInspection[] {
    return [...this.#providers.values()].map(({ limiter, breaker }) => ({
      ...limiter.inspect(),
      breaker: breaker.inspect(),
    }));
  }

  /** @throws {HeddleError} the first provider's that cannot be loaded; the other gateways are closed again. */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.all.map((gateway) => gateway.start()));
    const failed = started.find((result) => result.status === "rejected");
    if (!failed) return;
    await this.close();
    throw failed.reason;
  }

  /** How the worker with this number asks `provider`: always by the same gateway. */
  route(provider: string, workerNumber: number): ProviderRoute {
    const { breaker } = this.#provider(provider);
    const gateway = this.#own.get(provider) ?? this.#shared[workerNumber % this.#shared.length];
    if (gateway) return { gateway, breaker };
    throw unknownProvider(provider);
  }

  /** All gateways that serve `provider`. */
  serving(provider: string): readonly Gateway[] {
    const own = this.#own.get(provider);
    return own ? [own] : this.#shared;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((gateway) => gateway.close()));
  }

  #provider(name: string): Provider {
    const provider = this.#providers.get(name);
    if (provider) return provider;
    throw unknownProvider(name);
  }
}

function unknownProvider(name: string): HeddleError {
  return new HeddleError("UNKNOWN_PROVIDER", `no provider "${name}"`);
}

/**
 * Checks the descriptors and takes from `env` what they name.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field.
 */
export function providerSpecs(
  providers: { readonly [name: string]: ProviderDescriptor },
  env: { readonly [name: string]: string | undefined },
): readonly ProviderSpec[] {
  if (!isObject(providers)) refuse("providers", "an object");
  const entries = Object.entries(providers);
  if (entries.length === 0) refuse("providers", "an object with at least one provider");
  return entries.map(([name, descriptor]) => {
    const field = `providers.${name}`;
    checkFields(field, descriptor ?? null, PROVIDER_FIELDS);
    return {
      name,
      moduleUrl: moduleUrl(`${field}.module`, descriptor.module),
      options: clonePlain(`${field}.options`, descriptor.options),
      env: pick(`${field}.env`, descriptor.env ?? [], env),
      retry: retryPolicy(`${field}.retry`, descriptor.retry ?? {}),
      limits: providerLimits(`${field}.limits`, descriptor.limits ?? {}),
      breaker: breakerPolicy(`${field}.breaker`, descriptor.breaker ?? {}),
    };
  });
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function moduleUrl(field: string, module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module === "string" && isAbsolute(module)) return pathToFileURL(module).href;
  if (typeof module === "string" && URL.canParse(module)) return module;
  refuse(field, "a URL, or an absolute path; for a file beside yours: new URL(…, import.meta.url)");
}

function pick(
  field: string,
  names: readonly string[],
  env: { readonly [name: string]: string | undefined },
): { readonly [name: string]: string } {
  if (!Array.isArray(names)) refuse(field, "an array of names");
  for (const name of names) checkText(field, name);
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

function retryPolicy(field: string, retry: Partial<RetryPolicy>): RetryPolicy {
  checkFields(field, retry, Object.keys(DEFAULT_RETRY));
  checkNumber(`${field}.maxRetries`, retry.maxRetries, { min: 0, max: 10, integer: true });
  checkNumber(`${field}.initialDelayMs`, retry.initialDelayMs, { min: 50, max: 600_000 });
  checkNumber(`${field}.maxDelayMs`, retry.maxDelayMs, { min: 50, max: 600_000 });
  return { ...DEFAULT_RETRY, ...given(retry) };
}

function breakerPolicy(field: string, breaker: Partial<BreakerPolicy>): BreakerPolicy {
  checkFields(field, breaker, Object.keys(DEFAULT_BREAKER));
  const { failures, withinMs, pauseMs } = breaker;
  checkNumber(`${field}.failures`, failures, { min: 1, max: 1_000, integer: true });
  checkNumber(`${field}.withinMs`, withinMs, HOUR_MS);
  checkNumber(`${field}.pauseMs`, pauseMs, HOUR_MS);
  return { ...DEFAULT_BREAKER, ...given(breaker) };
}

function providerLimits(field: string, limits: ProviderLimits): ProviderLimits {
  checkFields(field, limits, ["requestsPerMinute", "tokensPerMinute", "maxConcurrent"]);
  const { requestsPerMinute, tokensPerMinute, maxConcurrent } = limits;
  checkNumber(`${field}.requestsPerMinute`, requestsPerMinute, COUNT);
  checkNumber(`${field}.tokensPerMinute`, tokensPerMinute, { ...COUNT, max: 1_000_000_000 });
  checkNumber(`${field}.maxConcurrent`, maxConcurrent, COUNT);
  return given(limits);
}
