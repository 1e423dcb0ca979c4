import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openaiProvider } from "../../../src/providers/openai/descriptor.ts";

describe("openaiProvider()", () => {
  test("is plain data, with the key and base URL left to the environment", () => {
    const descriptor = openaiProvider({ model: "m", retry: { maxRetries: 0 } });
    expect(descriptor).toEqual({
      module: expect.any(URL),
      options: { model: "m" },
      env: ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"],
      retry: { maxRetries: 0 },
    });
    expect(structuredClone(descriptor.options)).toEqual({ model: "m" });
  });

  test("names a module that exports createProvider", async () => {
    const { module } = openaiProvider();
    expect(await import(String(module))).toMatchObject({ createProvider: expect.any(Function) });
  });

  test("does not load the OpenAI client", () => {
    const imported = new Set<string>();
    const follow = (file: URL): void => {
      for (const [, from = ""] of readFileSync(file, "utf8").matchAll(
        /^import (?!type).*"(.*)"/gm,
      )) {
        if (imported.has(from)) continue;
        imported.add(from);
        if (from.startsWith(".")) follow(new URL(from, file));
      }
    };
    follow(new URL("../../../src/providers/openai/descriptor.ts", import.meta.url));
    expect(imported).toContain("./options.ts");
    expect(
      [...imported].filter((from) => !from.startsWith(".") && !from.startsWith("node:")),
    ).toEqual([]);
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
    ["baseURL", { baseURL: "https://x.test/v1?api-version=1" }],
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
