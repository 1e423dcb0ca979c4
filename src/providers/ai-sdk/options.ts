import { HeddleError } from "../../errors.ts";
import type { KeySource } from "../../network/keys/key-source.ts";
import { checkKeySource, isKeySource } from "../../network/keys/key-source.ts";
import type { NetworkOptions } from "../../network/options.ts";
import { checkNetwork } from "../../network/options.ts";
import type { JsonObject } from "../../protocol/model.ts";
import type { BreakerPolicy, ProviderLimits, RetryPolicy } from "../../protocol/provider.ts";

/** Which package makes the models, and with what. */
export type AiSdkProviderOptions = {
  /** The npm package, such as `@ai-sdk/anthropic`. It is not part of Heddle: install it next to your application. */
  readonly package: string;
  /** The function of the package that makes a provider, such as `createAnthropic`. It is called once, in the gateway. */
  readonly create: string;
  /** The model that is asked when neither worker nor job name one. */
  readonly model?: string;
  /**
   * What `create` is given: plain data, such as `baseURL`, `headers`, `apiKey` or `region`. Heddle adds `fetch`. Functions cannot be
   * handed to another thread.
   */
  readonly settings?: JsonObject;
  /**
   * Where a key is from that changes: a function of a module, a command or a file, as for `openaiProvider`. A key that stays the same
   * goes in `settings` or `env`. Not for requests that are signed (Bedrock with an access key). @defaultValue none
   */
  readonly apiKey?: KeySource;
  /**
   * How that key is sent: as `authorization: Bearer KEY`, or in a header of this name.
   * @defaultValue `x-api-key` for `@ai-sdk/anthropic`, `x-goog-api-key` for `@ai-sdk/google`, else "bearer"
   */
  readonly auth?: string;
  /**
   * Names of environment variables that the package may read, such as `ANTHROPIC_API_KEY`. Only the gateway has their values.
   * @defaultValue none
   */
  readonly env?: readonly string[];
  /**
   * The method of the package's provider that makes a model: `chat` or `responses`, where there is a choice.
   * @defaultValue "languageModel"
   */
  readonly method?: string;
  /** Tools that the model's server carries out itself. Every request offers them. @defaultValue none */
  readonly tools?: readonly AiSdkProviderTool[];
  /**
   * A file or folder of the application that has the package among its dependencies, such as `import.meta.url`. The package is looked
   * for from there, then from the program that was started, from the working directory and from Heddle.
   */
  readonly from?: URL | string;
  /** Proxy, certificate authorities and client certificate. @defaultValue what the host's environment says */
  readonly network?: NetworkOptions;
  readonly retry?: Partial<RetryPolicy>;
  readonly limits?: ProviderLimits;
  readonly breaker?: Partial<BreakerPolicy>;
};

/** A tool that the model's server carries out, as the AI SDK names it. */
export type AiSdkProviderTool = {
  /** Such as `anthropic.web_search_20250305`. */
  readonly id: `${string}.${string}`;
  /** What the model calls it. */
  readonly name: string;
  /** @defaultValue none */
  readonly args?: JsonObject;
};

/** The options as they go to the gateway: plain data, with everything decided. */
export type AiSdkSettings = {
  readonly package: string;
  readonly create: string;
  readonly model: string | undefined;
  readonly settings: JsonObject;
  readonly method: string;
  readonly tools: readonly AiSdkProviderTool[];
  readonly network: NetworkOptions;
  readonly apiKey: KeySource | undefined;
  readonly keyHeader: string;
  /** URLs of files, in the order in which the package is looked for from them. */
  readonly from: readonly string[];
};

type Check = (field: string, value: unknown) => void;

/** What can be imported by name: no path, no URL. */
const PACKAGE = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(\/[A-Za-z0-9._~/-]+)?$/;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const CHECKS: { readonly [field in keyof Required<AiSdkProviderOptions>]: Check } = {
  package: matching(PACKAGE, "the name of an npm package, such as @ai-sdk/anthropic"),
  create: matching(
    IDENTIFIER,
    "the name of a function that the package exports, such as createAnthropic",
  ),
  model: matching(/\S/, "the name of a model, not empty"),
  settings: checkJsonObject,
  env: listOf(matching(VARIABLE, "the name of an environment variable, such as ANTHROPIC_API_KEY")),
  method: matching(IDENTIFIER, "the name of a method, such as languageModel"),
  tools: listOf(checkTool),
  from: checkFrom,
  apiKey: checkKey,
  auth: matching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, '"bearer", or the name of a header'),
  network: (field, value) => checkNetwork(field, value, refuse),
  // What is no policy and no limit is refused with the supervisor's other options.
  retry: () => {},
  limits: () => {},
  breaker: () => {},
};

/**
 * Refuses what cannot be handed to a gateway. No error holds a value of `settings`: it could be the key.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and what it must be.
 */
export function checkOptions(options: AiSdkProviderOptions): void {
  if (!isObject(options)) refuse("the argument", "an object");
  const checks = new Map<string, Check>(Object.entries(CHECKS));
  for (const name of Object.keys(options)) {
    if (!checks.has(name)) refuse(name, `left out: there are ${[...checks.keys()].join(", ")}`);
  }
  for (const [name, check] of checks) {
    const value = (options as unknown as Record<string, unknown>)[name];
    const isNeeded = name === "package" || name === "create";
    if (value !== undefined || isNeeded) check(name, value);
  }
}

function matching(pattern: RegExp, expected: string): Check {
  return (field, value) => {
    if (typeof value !== "string" || !pattern.test(value)) refuse(field, expected);
  };
}

function listOf(check: Check): Check {
  return (field, value) => {
    if (!Array.isArray(value)) refuse(field, "an array");
    for (const [i, item] of (value as readonly unknown[]).entries()) check(`${field}[${i}]`, item);
  };
}

function checkKey(field: string, value: unknown): void {
  if (!isKeySource(value)) refuse(field, "an object; a key that stays the same goes in settings");
  checkKeySource(field, value, refuse);
}

function checkTool(field: string, value: unknown): void {
  if (!isObject(value)) refuse(field, "an object { id, name, args? }");
  const { id, name, args } = value as Record<string, unknown>;
  matching(/^[^.\s]+\..+$/, "a tool's id, such as anthropic.web_search_20250305")(
    `${field}.id`,
    id,
  );
  matching(/\S/, "what the model calls the tool, not empty")(`${field}.name`, name);
  if (args !== undefined) checkJsonObject(`${field}.args`, args);
}

function checkFrom(field: string, value: unknown): void {
  const isUrl = value instanceof URL && value.protocol === "file:";
  if (isUrl || (typeof value === "string" && /^(\/|file:|[A-Za-z]:[\\/])/.test(value))) return;
  refuse(field, "a file: URL or an absolute path, such as import.meta.url");
}

function checkJsonObject(field: string, value: unknown): void {
  const expected = "an object of plain data: strings, numbers, true, false, null, arrays, objects";
  if (!isObject(value) || !isJson(value, 0)) refuse(field, expected);
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (depth > 64) return false;
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) return false;
  return Object.values(value as object).every((item) => isJson(item, depth + 1));
}

function isObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refuse(field: string, expected: string): never {
  throw new HeddleError("INVALID_OPTION", `aiSdkProvider: ${field} must be ${expected}`, {
    details: { field },
  });
}
