import type { Json, JsonObject } from "../../protocol/model.ts";

/*
 * The AI SDK has no word of its own for some settings, and each package has another one. What is not here, is not known.
 */

/** How a family of packages says what the AI SDK has no word for. Each is laid into `providerOptions` under `key`. */
export type Dialect = {
  /** The family's name in `providerOptions`. */
  readonly key: string;
  /** A newer name of the family. Where the user's own `providerOptions` have it, it is taken: packages read one of both only. */
  readonly newerKey?: string;
  readonly thinkingBudget?: (tokens: number) => JsonObject;
  readonly thinkingSummary?: (wish: string) => JsonObject;
  readonly parallelToolCalls?: (isOn: boolean) => JsonObject;
  /** Whether the server holds the output to its schema, which not every schema is fit for. */
  readonly strictOutput?: (isStrict: boolean) => JsonObject;
  /** Marks the end of what a server keeps in its prompt cache. Left out: servers of this family need no marks. */
  readonly cacheMark?: JsonObject;
  /** Whether tools can be marked as well. */
  readonly marksTools?: boolean;
};

const parallelToolCalls = (isOn: boolean): JsonObject => ({ parallelToolCalls: isOn });
const strictOutput = (isStrict: boolean): JsonObject => ({ strictJsonSchema: isStrict });

const ANTHROPIC: Dialect = {
  key: "anthropic",
  thinkingBudget: (budgetTokens) => ({ thinking: { type: "enabled", budgetTokens } }),
  parallelToolCalls: (isOn) => ({ disableParallelToolUse: !isOn }),
  cacheMark: { cacheControl: { type: "ephemeral" } },
  marksTools: true,
};
const BEDROCK: Dialect = {
  key: "bedrock",
  newerKey: "amazonBedrock",
  thinkingBudget: (budgetTokens) => ({ reasoningConfig: { type: "enabled", budgetTokens } }),
  cacheMark: { cachePoint: { type: "default" } },
};
const GOOGLE: Dialect = {
  key: "google",
  thinkingBudget: (thinkingBudget) => ({ thinkingConfig: { thinkingBudget } }),
  thinkingSummary: () => ({ thinkingConfig: { includeThoughts: true } }),
};
const OPENAI: Dialect = {
  key: "openai",
  thinkingSummary: (wish) => ({ reasoningSummary: wish }),
  parallelToolCalls,
  strictOutput,
};
const AZURE: Dialect = { ...OPENAI, key: "azure" };
const MISTRAL: Dialect = { key: "mistral", parallelToolCalls, strictOutput };
const GROQ: Dialect = { key: "groq", parallelToolCalls };
const COMPATIBLE: Dialect = { key: "openaiCompatible", strictOutput };

/** By what models call their provider, such as `google.vertex.chat`. The first that fits counts. */
const DIALECTS: readonly (readonly [RegExp, Dialect])[] = [
  [/anthropic/i, ANTHROPIC],
  [/bedrock/i, BEDROCK],
  [/^google|vertex/i, GOOGLE],
  [/azure/i, AZURE],
  [/^openai\./, OPENAI],
  [/^mistral/, MISTRAL],
  [/^groq/, GROQ],
];

/** The dialect of a model whose `provider` is `name`. */
export function dialectOf(name: string): Dialect {
  return DIALECTS.find(([pattern]) => pattern.test(name))?.[1] ?? COMPATIBLE;
}

/** `over` laid over `under`: objects are merged, name by name, at every depth. */
export function layered(under: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    merged[name] = isObject(below) && isObject(value) ? layered(below, value) : value;
  }
  return merged;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
