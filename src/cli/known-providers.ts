/** A company's models, by the name that `--provider` takes. Each has its keys in the variables that its own tools read. */
export type KnownProvider = {
  readonly name: string;
  /** The variables that must be set: all of one of the lists. None: the server wants no key. */
  readonly keys: readonly (readonly string[])[];
} & (
  | {
      readonly by: "package";
      readonly package: string;
      readonly create: string;
      /** What else the package reads, where it is set. */
      readonly env?: readonly string[];
    }
  | {
      /** Its servers speak OpenAI's API: nothing is to be installed. */
      readonly by: "openai";
      readonly baseURL: string | ((env: Env) => string);
      /** The header that has the key, in place of `authorization`. */
      readonly keyHeader?: string;
    }
);

type Env = { readonly [name: string]: string | undefined };

const compatible = (name: string, key: string, baseURL: string): KnownProvider => ({
  name,
  by: "openai",
  keys: [[key]],
  baseURL,
});

export const KNOWN_PROVIDERS: readonly KnownProvider[] = [
  {
    name: "anthropic",
    by: "package",
    package: "@ai-sdk/anthropic",
    create: "createAnthropic",
    keys: [["ANTHROPIC_API_KEY"]],
    env: ["ANTHROPIC_BASE_URL"],
  },
  {
    name: "google",
    by: "package",
    package: "@ai-sdk/google",
    create: "createGoogleGenerativeAI",
    keys: [["GOOGLE_GENERATIVE_AI_API_KEY"], ["GEMINI_API_KEY"]],
  },
  {
    name: "bedrock",
    by: "package",
    package: "@ai-sdk/amazon-bedrock",
    create: "createAmazonBedrock",
    keys: [
      ["AWS_REGION", "AWS_BEARER_TOKEN_BEDROCK"],
      ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    ],
    env: ["AWS_SESSION_TOKEN"],
  },
  {
    name: "mistral",
    by: "package",
    package: "@ai-sdk/mistral",
    create: "createMistral",
    keys: [["MISTRAL_API_KEY"]],
  },
  {
    name: "azure",
    by: "openai",
    keys: [["AZURE_RESOURCE_NAME", "AZURE_API_KEY"]],
    baseURL: ({ AZURE_RESOURCE_NAME: resource }) =>
      `https://${resource}.openai.azure.com/openai/v1`,
    keyHeader: "api-key",
  },
  compatible("xai", "XAI_API_KEY", "https://api.x.ai/v1"),
  compatible("groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1"),
  compatible("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1"),
  compatible("openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
  compatible("together", "TOGETHER_API_KEY", "https://api.together.xyz/v1"),
  compatible("fireworks", "FIREWORKS_API_KEY", "https://api.fireworks.ai/inference/v1"),
  compatible("cerebras", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1"),
  { name: "ollama", by: "openai", keys: [], baseURL: "http://localhost:11434/v1" },
  { name: "lmstudio", by: "openai", keys: [], baseURL: "http://localhost:1234/v1" },
];

/** All that `--provider` takes. */
export const PROVIDER_NAMES: readonly string[] = [
  "openai",
  ...KNOWN_PROVIDERS.map(({ name }) => name),
  "scripted",
];

/** Every variable that may hold a secret of a known provider. */
export const SECRET_VARIABLES: readonly string[] = [
  ...new Set([
    "OPENAI_API_KEY",
    "AWS_SESSION_TOKEN",
    ...KNOWN_PROVIDERS.flatMap(({ keys }) => keys.flat()),
  ]),
].filter((name) => /KEY|TOKEN/.test(name));

export function knownProvider(name: string | undefined): KnownProvider | undefined {
  return KNOWN_PROVIDERS.find((known) => known.name === name);
}

/** The variables that have its key, all of them set. Undefined: none of its lists is. */
export function keysIn(known: KnownProvider, env: Env): readonly string[] | undefined {
  if (known.keys.length === 0) return [];
  return known.keys.find((names) => names.every((name) => (env[name] ?? "").trim() !== ""));
}

/** What is to be set, in words. */
export function wantedKeys({ keys }: KnownProvider): string {
  return keys.map((names) => names.join(" and ")).join(", or ");
}
