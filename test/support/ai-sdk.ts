import type {
  JsonObject,
  ModelProvider,
  ModelRequest,
  ModelSettings,
  ProviderDescriptor,
} from "../../src/index.ts";
import { aiSdkProvider } from "../../src/index.ts";
import { createProvider } from "../../src/providers/ai-sdk/module.ts";
import type { AiSdkProviderOptions, AiSdkSettings } from "../../src/providers/ai-sdk/options.ts";
import { anthropic, bedrock, gemini, mistral } from "./thinking-dialects.ts";
import type { Dialect } from "./thinking-servers.ts";

/** What a package is asked with, in a test. */
export type Native = {
  readonly name: string;
  readonly dialect: Dialect;
  readonly options: Pick<AiSdkProviderOptions, "package" | "create" | "model">;
  /** Where the server is, and a key. */
  settings(url: string): JsonObject;
  /** What has its models think. */
  readonly thinking: ModelSettings;
};

export const KEY = "sk-test-do-not-show-0123456789";

export const NATIVES: readonly Native[] = [
  {
    name: "Anthropic",
    dialect: anthropic,
    options: {
      package: "@ai-sdk/anthropic",
      create: "createAnthropic",
      model: "claude-sonnet-4-5",
    },
    settings: (url) => ({ baseURL: `${url}/v1`, apiKey: KEY }),
    thinking: { maxOutputTokens: 8_000, reasoning: { budgetTokens: 2_000 } },
  },
  {
    name: "Gemini",
    dialect: gemini,
    options: {
      package: "@ai-sdk/google",
      create: "createGoogleGenerativeAI",
      model: "gemini-3-pro-preview",
    },
    settings: (url) => ({ baseURL: `${url}/v1beta`, apiKey: KEY }),
    thinking: { reasoning: { effort: "low", summary: "auto" } },
  },
  {
    name: "Bedrock",
    dialect: bedrock,
    options: {
      package: "@ai-sdk/amazon-bedrock",
      create: "createAmazonBedrock",
      model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    },
    settings: (url) => ({ baseURL: url, apiKey: KEY, region: "us-east-1" }),
    thinking: { maxOutputTokens: 8_000, reasoning: { budgetTokens: 2_000 } },
  },
  {
    name: "Mistral",
    dialect: mistral,
    options: {
      package: "@ai-sdk/mistral",
      create: "createMistral",
      model: "magistral-medium-2507",
    },
    settings: (url) => ({ baseURL: `${url}/v1`, apiKey: KEY }),
    thinking: {},
  },
];

export function nativeProvider(native: Native, url: string): ProviderDescriptor {
  return aiSdkProvider({ ...native.options, settings: native.settings(url) });
}

/** The provider itself, on the calling thread. */
export async function loadedProvider(
  options: AiSdkProviderOptions,
  env: { readonly [name: string]: string } = {},
): Promise<ModelProvider> {
  const descriptor = aiSdkProvider(options);
  return await createProvider(descriptor.options as AiSdkSettings, { name: "p", env });
}

export function request(parts: Partial<ModelRequest> = {}): ModelRequest {
  return {
    messages: [{ role: "user", content: "hello" }],
    settings: {},
    origin: { workerId: "w1", workerName: "w", jobId: "j1", callIndex: 0 },
    ...parts,
  };
}
