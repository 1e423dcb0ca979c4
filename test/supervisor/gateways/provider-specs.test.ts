import { describe, expect, test } from "vitest";
import type { ProviderDescriptor } from "../../../src/protocol/provider.ts";
import { providerSpecs } from "../../../src/supervisor/gateways/gateways.ts";

const module = "file:///x/provider.js";
const env = { KEY: "secret", OTHER: "not asked for" };

const specsOf = (providers: unknown) =>
  providerSpecs(providers as { [name: string]: ProviderDescriptor }, env);

describe("providerSpecs()", () => {
  test("fills in what is left out", () => {
    expect(specsOf({ main: { module } })).toEqual([
      {
        name: "main",
        moduleUrl: module,
        options: undefined,
        env: {},
        retry: { maxRetries: 2, initialDelayMs: 500, maxDelayMs: 60_000 },
        breaker: { failures: 5, withinMs: 60_000, pauseMs: 30_000 },
        limits: {},
      },
    ]);
  });

  test.each([
    [new URL(module), module],
    ["/x/provider.js", module],
    ["data:text/javascript,1", "data:text/javascript,1"],
  ])("takes a module as %s", (given, moduleUrl) => {
    expect(specsOf({ main: { module: given } })).toMatchObject([{ moduleUrl }]);
  });

  test("gives a provider the variables that it names and that are set, and no other", () => {
    expect(specsOf({ main: { module, env: ["KEY", "MISSING"] } })).toMatchObject([
      { env: { KEY: "secret" } },
    ]);
  });

  test("a retry field that is given as undefined is one that is left out", () => {
    const retry = { maxRetries: undefined, initialDelayMs: undefined, maxDelayMs: 99 };
    expect(specsOf({ main: { module, retry } })).toMatchObject([
      { retry: { maxRetries: 2, initialDelayMs: 500, maxDelayMs: 99 } },
    ]);
  });

  test("a limit that is given as undefined is one that is left out", () => {
    const limits = { requestsPerMinute: undefined, tokensPerMinute: 1e9, maxConcurrent: 1e6 };
    const [spec] = specsOf({ main: { module, limits } });
    expect(spec?.limits).toEqual({ tokensPerMinute: 1e9, maxConcurrent: 1e6 });
  });

  test("options are a copy", () => {
    const options = { nested: { a: 1 } };
    const [spec] = specsOf({ main: { module, options } });
    options.nested.a = 2;
    expect(spec?.options).toEqual({ nested: { a: 1 } });
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["providers", undefined],
    ["providers", null],
    ["providers", {}],
    ["providers", "openai"],
    ["providers.main", { main: null }],
    ["providers.main", { main: undefined }],
    ["providers.main", { main: module }],
    ["providers.main.model", { main: { module, model: "x" } }],
    ["providers.main.module", { main: {} }],
    ["providers.main.module", { main: { module: "./provider.js" } }],
    ["providers.main.module", { main: { module: 5 } }],
    ["providers.main.options", { main: { module, options: { fetch: () => {} } } }],
    ["providers.main.env", { main: { module, env: "KEY" } }],
    ["providers.main.env", { main: { module, env: [""] } }],
    ["providers.main.env", { main: { module, env: [5] } }],
    ["providers.main.retry", { main: { module, retry: 3 } }],
    ["providers.main.retry.max", { main: { module, retry: { max: 3 } } }],
    ["providers.main.retry.maxRetries", { main: { module, retry: { maxRetries: 11 } } }],
    ["providers.main.retry.maxRetries", { main: { module, retry: { maxRetries: -1 } } }],
    ["providers.main.retry.initialDelayMs", { main: { module, retry: { initialDelayMs: 49 } } }],
    ["providers.main.retry.maxDelayMs", { main: { module, retry: { maxDelayMs: 600_001 } } }],
    ["providers.main.limits", { main: { module, limits: 3 } }],
    ["providers.main.limits.rpm", { main: { module, limits: { rpm: 3 } } }],
    [
      "providers.main.limits.requestsPerMinute",
      { main: { module, limits: { requestsPerMinute: 0 } } },
    ],
    [
      "providers.main.limits.requestsPerMinute",
      { main: { module, limits: { requestsPerMinute: 1.5 } } },
    ],
    [
      "providers.main.limits.tokensPerMinute",
      { main: { module, limits: { tokensPerMinute: 1e9 + 1 } } },
    ],
    [
      "providers.main.limits.maxConcurrent",
      { main: { module, limits: { maxConcurrent: 1e6 + 1 } } },
    ],
    ["providers.main.limits.maxConcurrent", { main: { module, limits: { maxConcurrent: "5" } } }],
    ["providers.main.breaker", { main: { module, breaker: 3 } }],
    ["providers.main.breaker.after", { main: { module, breaker: { after: 3 } } }],
    ["providers.main.breaker.failures", { main: { module, breaker: { failures: 0 } } }],
    ["providers.main.breaker.failures", { main: { module, breaker: { failures: 1_001 } } }],
    ["providers.main.breaker.withinMs", { main: { module, breaker: { withinMs: 0 } } }],
    ["providers.main.breaker.pauseMs", { main: { module, breaker: { pauseMs: 3_600_001 } } }],
    ["providers.b.module", { a: { module }, b: {} }],
  ];
  test.each(bad)("refuses %s in %o, and names it", (field, providers) => {
    expect(() => specsOf(providers)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(field),
        details: { field },
      }),
    );
  });
});
