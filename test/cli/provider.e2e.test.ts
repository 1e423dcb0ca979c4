import { describe, expect, test } from "vitest";
import { NATIVES } from "../support/ai-sdk.ts";
import { ThinkingServer } from "../support/thinking-servers.ts";
import { heddle, jsonLines } from "./support/command.ts";

const KEY = "secret-0123456789";
const ENV: { readonly [name: string]: { readonly [name: string]: string } } = {
  anthropic: { ANTHROPIC_API_KEY: KEY },
  google: { GEMINI_API_KEY: KEY },
  bedrock: { AWS_REGION: "us-east-1", AWS_BEARER_TOKEN_BEDROCK: KEY },
  mistral: { MISTRAL_API_KEY: KEY },
};

describe("heddle run --provider", () => {
  test.for([
    ["anthropic", "Anthropic", "/v1"],
    ["google", "Gemini", "/v1beta"],
    ["bedrock", "Bedrock", ""],
    ["mistral", "Mistral", "/v1"],
  ] as const)("%s asks that company's own API", async ([provider, name, path]) => {
    const native = NATIVES.find((one) => one.name === name);
    if (!native) throw new TypeError(`there is no ${name}`);
    await using server = await ThinkingServer.start(native.dialect, [
      [{ type: "text", text: "Hello from afar." }],
    ]);
    const model = native.options.model ?? "";
    const args = ["run", "-p", "hi", "--provider", provider, "-m", model];
    const { code, stdout, stderr } = await heddle([...args, "--base-url", `${server.url}${path}`], {
      env: ENV[provider] ?? {},
    });
    expect(stderr).toBe("");
    expect(jsonLines(stdout)).toMatchObject([
      { status: "completed", provider, model, text: "Hello from afar." },
    ]);
    expect(code).toBe(0);
  });

  test("without its key: what is to be set, before anything is started", async () => {
    const args = ["run", "-p", "hi", "--provider", "groq", "-m", "m"];
    const { code, stdout, stderr } = await heddle(args, { env: {} });
    expect(stderr).toContain("--provider groq needs GROQ_API_KEY to be set");
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("a name that nobody has: those that there are", async () => {
    const args = ["run", "-p", "hi", "--provider", "acme", "-m", "m"];
    const { code, stderr } = await heddle(args, { env: {} });
    expect(stderr).toMatch(/openai or anthropic or google .* not "acme"/);
    expect(code).toBe(2);
  });
});
