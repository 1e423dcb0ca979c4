import { describe, expect, test } from "vitest";
import { resolveSettings } from "../../../src/providers/openai/settings.ts";

const KEY = { OPENAI_API_KEY: "sk-environment" };

describe("resolveSettings()", () => {
  test("options go before the environment", () => {
    const env = {
      ...KEY,
      OPENAI_BASE_URL: "https://env.test",
      OPENAI_ORG_ID: "env",
      OPENAI_PROJECT_ID: "env",
    };
    const options = {
      apiKey: "sk-options",
      baseURL: "https://options.test",
      organization: "o",
      project: "p",
    };
    expect(resolveSettings(options, { name: "p", env })).toMatchObject(options);
    expect(resolveSettings({}, { name: "p", env })).toMatchObject({
      apiKey: "sk-environment",
      baseURL: "https://env.test",
      organization: "env",
      project: "env",
    });
  });

  test("without anything but a key it is OpenAI's chat", () => {
    expect(resolveSettings(undefined, { name: "p", env: KEY })).toMatchObject({
      api: "chat",
      baseURL: "https://api.openai.com/v1",
      maxLineBytes: 1_048_576,
      includeUsage: true,
      maxTokensField: "max_completion_tokens",
    });
  });

  test("a server of one's own needs no key", () => {
    const options = { baseURL: "http://localhost:11434/v1" };
    expect(resolveSettings(options, { name: "p", env: {} })).toMatchObject({
      apiKey: undefined,
      secrets: [],
    });
  });

  test.for([
    ["https://api.openai.com/v1", "max_completion_tokens"],
    ["https://eu.api.openai.com/v1", "max_completion_tokens"],
    ["https://me.openai.azure.com/openai/v1", "max_completion_tokens"],
    ["https://notopenai.com/v1", "max_tokens"],
    ["http://localhost:11434/v1", "max_tokens"],
  ])("%s is given %s", ([baseURL, maxTokensField]) => {
    expect(resolveSettings({ baseURL }, { name: "p", env: {} })).toMatchObject({ maxTokensField });
  });

  test("a bad URL in the environment is named by its variable", () => {
    const env = { ...KEY, OPENAI_BASE_URL: "localhost" };
    expect(() => resolveSettings({}, { name: "p", env })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "OPENAI_BASE_URL" } }),
    );
  });

  test("an empty variable is none", () => {
    expect(() => resolveSettings({}, { name: "p", env: { OPENAI_API_KEY: " " } })).toThrow(
      expect.objectContaining({ code: "PROVIDER_AUTH" }),
    );
  });

  test("options are checked here, too: a descriptor can be written by hand", () => {
    expect(() => resolveSettings({ api: "x" }, { name: "p", env: KEY })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "api" } }),
    );
  });
});
