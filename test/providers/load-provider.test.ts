import { describe, expect, test } from "vitest";
import type { ProviderSpec } from "../../src/protocol/provider.ts";
import { loadProvider } from "../../src/providers/load-provider.ts";

/** A provider whose module has this text. */
function specOf(source: string, more: Partial<ProviderSpec> = {}): ProviderSpec {
  return {
    name: "mine",
    moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`,
    options: { a: 1 },
    env: { KEY: "k" },
    retry: { maxRetries: 0, initialDelayMs: 50, maxDelayMs: 50 },
    limits: {},
    breaker: { failures: 5, withinMs: 1, pauseMs: 1 },
    ...more,
  };
}

const providerSource = "return { request() {}, seen: { options, context } };";

describe("loadProvider()", () => {
  test.each([
    ["at once", `export function createProvider(options, context) { ${providerSource} }`],
    ["later", `export async function createProvider(options, context) { ${providerSource} }`],
  ])(
    "makes the provider, %s, with its options and its own part of the environment",
    async (_, source) => {
      const provider = await loadProvider(specOf(source));
      expect(provider).toMatchObject({
        seen: { options: { a: 1 }, context: { name: "mine", env: { KEY: "k" } } },
      });
    },
  );

  const failures: readonly (readonly [string, string, string])[] = [
    ["a module with an error in it", "export const a = ;", "the module cannot be loaded"],
    ["a module that throws", "throw new Error('oops')", "the module cannot be loaded"],
    ["no createProvider", "export const a = 1, b = 2;", "it exports: a, b"],
    ["no export at all", "", "it exports: nothing"],
    ["a createProvider that is no function", "export const createProvider = {};", "must export"],
    ["a createProvider that returns nothing", "export function createProvider() {}", "no object"],
    [
      "a provider without request()",
      "export const createProvider = () => ({ ask() {} })",
      "request()",
    ],
    ["a provider that is null", "export const createProvider = async () => null", "request()"],
  ];
  test.each(failures)("%s fails with PROVIDER_LOAD_FAILED", async (_, source, message) => {
    const spec = specOf(source);
    await expect(loadProvider(spec)).rejects.toMatchObject({
      code: "PROVIDER_LOAD_FAILED",
      message: expect.stringContaining(message),
      details: { provider: "mine", module: spec.moduleUrl },
    });
  });

  test("a module that is not there fails with its cause", async () => {
    const spec = specOf("", { moduleUrl: "file:///nowhere/provider.js" });
    await expect(loadProvider(spec)).rejects.toMatchObject({
      code: "PROVIDER_LOAD_FAILED",
      message: expect.stringContaining('provider "mine" (file:///nowhere/provider.js)'),
      cause: expect.anything(),
    });
  });

  test.each([
    ["throws", "export function createProvider() { throw new Error('bad options'); }"],
    ["rejects", "export async function createProvider() { throw new Error('bad options'); }"],
  ])("a createProvider that %s fails with what it said as the cause", async (_, source) => {
    await expect(loadProvider(specOf(source))).rejects.toMatchObject({
      code: "PROVIDER_LOAD_FAILED",
      cause: { message: "bad options" },
    });
  });

  test("a HeddleError of the module's own keeps its code", async () => {
    const source = `export function createProvider() {
      throw Object.assign(new Error("no key"), { name: "HeddleError", code: "PROVIDER_AUTH", details: {} });
    }`;
    await expect(loadProvider(specOf(source))).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
  });
});
