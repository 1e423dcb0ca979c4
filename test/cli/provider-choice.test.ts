import { describe, expect, test } from "vitest";
import { readAgentOptions } from "../../src/cli/agent-options.ts";
import { KNOWN_PROVIDERS } from "../../src/cli/known-providers.ts";
import { OptionValues } from "../../src/cli/option-values.ts";
import { descriptorOf } from "../../src/cli/provider.ts";
import { chooseProvider, describeChoice, providerName } from "../../src/cli/provider-choice.ts";
import { redactor, secretsOf, shownUrl } from "../../src/cli/redact.ts";

const none = { provider: undefined, model: undefined, baseURL: undefined };
const key = { OPENAI_API_KEY: "sk-secret" };
const local = "http://127.0.0.1:11434/v1";

describe("chooseProvider()", () => {
  test("nothing set: ways to go on, and nobody answers", () => {
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

describe("a provider that is known by name", () => {
  const anthropic = { ...none, provider: "anthropic", model: "claude-sonnet-4-5" };

  test("needs a model and its key, and says which", () => {
    expect(chooseProvider({ ...anthropic, model: undefined }, {})).toMatchObject({
      message: expect.stringContaining("--model MODEL"),
    });
    expect(chooseProvider(anthropic, key)).toMatchObject({
      message: "--provider anthropic needs ANTHROPIC_API_KEY to be set",
    });
  });

  test("with its key it is chosen, and shown by its name", () => {
    const choice = chooseProvider(anthropic, { ANTHROPIC_API_KEY: "sk-ant" });
    expect(choice).toMatchObject({ type: "known", keys: ["ANTHROPIC_API_KEY"] });
    if (choice.type === "refused") return;
    expect(providerName(choice)).toBe("anthropic");
    expect(describeChoice(choice)).toBe("anthropic claude-sonnet-4-5");
  });

  test("one with several ways to a key takes the first that is whole", () => {
    const bedrock = { ...none, provider: "bedrock", model: "m" };
    const half = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "a" };
    expect(chooseProvider(bedrock, half)).toMatchObject({
      message: expect.stringContaining(
        "AWS_REGION and AWS_BEARER_TOKEN_BEDROCK, or AWS_REGION and AWS_ACCESS_KEY_ID",
      ),
    });
    expect(chooseProvider(bedrock, { ...half, AWS_SECRET_ACCESS_KEY: "s" })).toMatchObject({
      keys: ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    });
  });

  test("one that runs here needs no key", () => {
    expect(chooseProvider({ ...none, provider: "ollama", model: "m" }, {})).toMatchObject({
      type: "known",
      keys: [],
    });
  });

  test.for(KNOWN_PROVIDERS)("$name is given its key, and nobody shows it", async (known) => {
    const names = known.keys[0] ?? [];
    const env = Object.fromEntries(names.map((name) => [name, `secret-of-${name}`]));
    const choice = chooseProvider({ ...none, provider: known.name, model: "m" }, env);
    if (choice.type === "refused") throw new TypeError(choice.message);
    const { provider } = readAgentOptions(new OptionValues(["run", "--provider", known.name]));
    expect(provider).toBe(known.name);
    const options = readAgentOptions(new OptionValues(["run"]));
    const descriptor = await descriptorOf(choice, options, env);
    const given = JSON.stringify([descriptor.options, descriptor.env ?? []]);
    for (const name of names)
      expect(given).toMatch(new RegExp(`secret-of-${name}|"${name}"|openai.azure`));
    const shown = redactor(secretsOf(env, undefined))(Object.values(env).join(" "));
    for (const name of names.filter((one) => /KEY|TOKEN/.test(one))) {
      expect(shown).not.toContain(env[name]);
    }
  });
});
