import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openaiProvider } from "../../../src/providers/openai/descriptor.ts";

describe("openaiProvider()", () => {
  test("is plain data, with the key and base URL left to the environment", () => {
    const descriptor = openaiProvider({ model: "m", retry: { maxRetries: 0 } });
    expect(descriptor).toEqual({
      module: expect.any(URL),
      options: { model: "m" },
      env: [
        ...["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"],
        ...["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"],
        ...["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"],
      ],
      retry: { maxRetries: 0 },
    });
    expect(structuredClone(descriptor.options)).toEqual({ model: "m" });
  });

  test("names a module that exports createProvider", async () => {
    const { module } = openaiProvider();
    expect(await import(String(module))).toMatchObject({ createProvider: expect.any(Function) });
  });

  test("does not load the OpenAI client", () => {
    const found = new Set<string>();
    const follow = (url: URL): void => {
      const source = readFileSync(url, "utf8");
      for (const [, from = ""] of source.matchAll(/^import (?!type).*"(.*)"/gm)) {
        if (found.has(from)) continue;
        found.add(from);
        if (from.startsWith(".")) follow(new URL(from, url));
      }
    };
    follow(new URL("../../../src/providers/openai/descriptor.ts", import.meta.url));
    const packages = [...found].filter(
      (from) => !from.startsWith(".") && !from.startsWith("node:"),
    );
    expect(packages).toEqual([]);
    expect(found).toContain("./options.ts");
  });

  test("takes all its options, and drops those that are undefined", () => {
    const options = {
      model: "m",
      apiKey: "sk-1",
      baseURL: "https://x.test/v1",
      organization: "o",
      project: "p",
      api: "responses",
      headers: { "x-a": "b" },
      maxLineBytes: 1_024,
      includeUsage: false,
      outputFormat: "json_object",
      thinkTags: "text",
      extraBody: { user: "u" },
      maxTokensField: "max_tokens",
    } as const;
    expect(openaiProvider({ ...options, model: undefined } as never).options).toEqual(
      Object.fromEntries(Object.entries(options).filter(([name]) => name !== "model")),
    );
    expect(openaiProvider(options).options).toEqual(options);
  });

  test.for([
    ["model", { model: "" }],
    ["model", { model: 5 }],
    ["apiKey", { apiKey: "" }],
    ["apiKey", { apiKey: " " }],
    ["apiKey", { apiKey: "a\nb" }],
    ["apiKey", { apiKey: "sk-…" }],
    ["baseURL", { baseURL: "localhost:11434" }],
    ["baseURL", { baseURL: "ftp://x.test" }],
    ["baseURL", { baseURL: "https://me:secret@x.test" }],
    ["baseURL", { baseURL: "https://x.test/v1?api-version=1#here" }],
    ["baseURL", { baseURL: "https://x.test/v1?a=1&a=2" }],
    ["apiKey", { apiKey: {} }],
    ["apiKey", { apiKey: { command: ["a"], file: "/b" } }],
    ["apiKey.command", { apiKey: { command: [] } }],
    ["apiKey.command", { apiKey: { command: "gcloud auth print-access-token" } }],
    ["apiKey.module", { apiKey: { module: "./key.js" } }],
    ["apiKey.file", { apiKey: { file: 1 } }],
    ["apiKey.refreshMs", { apiKey: { command: ["a"], refreshMs: 999 } }],
    ["apiKey.timeoutMs", { apiKey: { command: ["a"], timeoutMs: 0 } }],
    ["apiKey.env", { apiKey: { command: ["a"], env: "PATH" } }],
    ["apiKey.refreshMs", { apiKey: { file: "/a", refreshMs: 1_000 } }],
    ["auth", { auth: "" }],
    ["auth", { auth: "content-length" }],
    ["query", { query: "api-version=1" }],
    ["query", { query: { "api-version": 1 } }],
    ["network", { network: true }],
    ["network.proxi", { network: { proxi: "http://p" } }],
    ["network.proxy", { network: { proxy: true } }],
    ["network.proxy", { network: { proxy: "http://me:%zz@p" } }],
    ["network.proxy", { network: { proxy: "socks5://p:1080" } }],
    ["network.noProxy", { network: { noProxy: "a.test" } }],
    ["network.noProxy[1]", { network: { noProxy: ["a.test", "10.0.0.0/33"] } }],
    ["network.ca", { network: { ca: [] } }],
    ["network.ca", { network: { ca: "-----BEGIN CERTIFICATE-----" } }],
    ["network.ca[0]", { network: { ca: [1] } }],
    ["network.key", { network: { cert: "/a" } }],
    ["network.cert", { network: { key: "/a" } }],
    ["network.pfx", { network: { cert: "/a", key: "/b", pfx: "/c" } }],
    ["network.passphrase", { network: { passphrase: "x" } }],
    ["network.env", { network: { env: { HTTPS_PROXY: 1 } } }],
    ["baseURL", { baseURL: new URL("https://x.test") }],
    ["organization", { organization: "a\r\nb: c" }],
    ["project", { project: 1 }],
    ["api", { api: "completions" }],
    ["headers", { headers: [] }],
    ["headers", { headers: { "a b": "c" } }],
    ["headers.x-a", { headers: { "x-a": 1 } }],
    ["headers.x-a", { headers: { "x-a": "a\nb" } }],
    ["headers.Content-Length", { headers: { "Content-Length": "5" } }],
    ["headers.host", { headers: { host: "x" } }],
    ["maxLineBytes", { maxLineBytes: 1_023 }],
    ["maxLineBytes", { maxLineBytes: 67_108_865 }],
    ["maxLineBytes", { maxLineBytes: 2_000.5 }],
    ["maxLineBytes", { maxLineBytes: Number.NaN }],
    ["includeUsage", { includeUsage: "yes" }],
    ["maxTokensField", { maxTokensField: "max" }],
    ["retry", { retry: 3 }],
    ["retry.maxRetries", { retry: { maxRetries: 11 } }],
    ["retry.initialDelayMs", { retry: { initialDelayMs: 49 } }],
    ["retry.maxDelayMs", { retry: { maxDelayMs: 600_001 } }],
    ["retry.tries", { retry: { tries: 1 } }],
    ["limits", { limits: 3 }],
    ["limits.requestsPerMinute", { limits: { requestsPerMinute: 0 } }],
    ["limits.tokensPerMinute", { limits: { tokensPerMinute: 1e9 + 1 } }],
    ["limits.maxConcurrent", { limits: { maxConcurrent: 2.5 } }],
    ["limits.rpm", { limits: { rpm: 1 } }],
    ["baseUrl", { baseUrl: "https://x.test" }],
    ["constructor", { constructor: 1 }],
    ["the argument", "gpt"],
    ["the argument", []],
  ])("refuses %s of %j", ([field, options]) => {
    expect(() => openaiProvider(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });
});
