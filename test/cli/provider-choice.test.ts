import { describe, expect, test } from "vitest";
import { chooseProvider, describeChoice } from "../../src/cli/provider-choice.ts";
import { redactor, secretsOf, shownUrl } from "../../src/cli/redact.ts";

const none = { provider: undefined, model: undefined, baseURL: undefined };
const key = { OPENAI_API_KEY: "sk-secret" };
const local = "http://127.0.0.1:11434/v1";

describe("chooseProvider()", () => {
  test("nothing set: three ways to go on, and nobody answers", () => {
    for (const env of [{}, { OPENAI_API_KEY: "", OPENAI_BASE_URL: " " }]) {
      const choice = chooseProvider(none, env);
      expect(choice).toMatchObject({ type: "refused" });
      for (const way of ["OPENAI_API_KEY", "OPENAI_BASE_URL", "--provider scripted"]) {
        expect(choice).toMatchObject({ message: expect.stringContaining(way) });
      }
    }
  });

  test("a key alone: OpenAI and its default model", () => {
    expect(chooseProvider(none, key)).toEqual({
      type: "openai",
      model: "gpt-5-mini",
      server: undefined,
    });
  });

  test("a base URL, from either place, needs no key", () => {
    expect(chooseProvider({ ...none, baseURL: local, model: "m" }, {})).toMatchObject({
      type: "openai",
      model: "m",
      server: local,
    });
    expect(chooseProvider({ ...none, model: "m" }, { OPENAI_BASE_URL: local })).toMatchObject({
      type: "openai",
    });
    expect(chooseProvider(none, { ...key, OPENAI_BASE_URL: local })).toMatchObject({
      model: "gpt-5-mini",
      server: local,
    });
  });

  test("openai asked for, without a key", () => {
    expect(chooseProvider({ ...none, provider: "openai" }, {})).toMatchObject({
      message: expect.stringContaining("OPENAI_API_KEY is not set"),
    });
  });

  test("scripted is what it is asked to be, whatever is set", () => {
    const choice = chooseProvider({ ...none, provider: "scripted" }, key);
    expect(choice).toEqual({ type: "scripted", model: "scripted" });
    if (choice.type !== "refused") expect(describeChoice(choice)).toContain("demonstration");
  });
});

describe("redactor()", () => {
  test("takes keys out, also as they look in JSON and in a URL", () => {
    const redact = redactor(secretsOf({ OPENAI_API_KEY: 'sk-"q"/x' }, "http://u:pass%20word@h/"));
    expect(redact(`a sk-"q"/x b ${JSON.stringify('sk-"q"/x')} c pass%20word`)).toBe(
      'a [redacted] b "[redacted]" c [redacted]',
    );
  });

  test("leaves short and missing secrets alone", () => {
    expect(redactor(["abc", undefined, ""])("abc")).toBe("abc");
  });

  test("a URL is shown without credentials and query", () => {
    expect(shownUrl("https://u:p@h:8/v1?key=k")).toBe("https://h:8/v1");
  });
});
