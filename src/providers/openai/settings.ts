import { HeddleError } from "../../errors.ts";
import type { KeySource } from "../../network/keys/key-source.ts";
import { isKeySource } from "../../network/keys/key-source.ts";
import type { NetworkOptions } from "../../network/options.ts";
import type { JsonObject } from "../../protocol/model.ts";
import type { ProviderContext } from "../model-provider.ts";
import type { Dialect } from "./dialect.ts";
import { dialectOf } from "./dialect.ts";
import { withQuery } from "./endpoint.ts";
import { checkBaseUrl, checkOptions, isHeaderValue } from "./options.ts";
import type { OutputFormat } from "./output-format.ts";

/** The options of a provider with everything decided. */
export type Settings = {
  readonly api: "chat" | "responses";
  readonly model: string | undefined;
  /** Undefined: the server needs none. */
  readonly apiKey: string | KeySource | undefined;
  readonly auth: string;
  /** With the query that every request has. */
  readonly baseURL: string;
  readonly organization: string | undefined;
  readonly project: string | undefined;
  readonly headers: { readonly [name: string]: string };
  readonly maxLineBytes: number;
  readonly includeUsage: boolean;
  readonly maxTokensField: "max_completion_tokens" | "max_tokens";
  readonly network: NetworkOptions;
  readonly dialect: Dialect;
  /** Undefined: as good as the server takes it. */
  readonly outputFormat: OutputFormat | undefined;
  readonly thinkTags: "reasoning" | "text";
  readonly extraBody: JsonObject | undefined;
  /** What no error may hold. */
  readonly secrets: readonly string[];
};

const OPENAI_URL = "https://api.openai.com/v1";
const SECRET_NAME = /auth|key|token|secret|cookie|password|^sig$/i;
/** A shorter one would blot out parts of ordinary words. */
const MIN_SECRET_LENGTH = 4;

/**
 * Lays the options over the environment's values.
 *
 * @throws {HeddleError} `INVALID_OPTION`, or `PROVIDER_AUTH` when there is no usable API key.
 */
export function resolveSettings(value: unknown, { name, env }: ProviderContext): Settings {
  const options = checkOptions(value);
  const variable = (key: string): string | undefined => env[key]?.trim() || undefined;
  const envUrl = variable("OPENAI_BASE_URL");
  if (options.baseURL === undefined && envUrl !== undefined)
    checkBaseUrl("OPENAI_BASE_URL", envUrl);
  const givenUrl = options.baseURL ?? envUrl;
  const apiKey = trimmed(options.apiKey) ?? variable("OPENAI_API_KEY");
  checkKey(name, apiKey, givenUrl !== undefined);
  const { headers = {}, network = {}, auth = "bearer" } = options;
  const baseURL = withQuery(givenUrl ?? OPENAI_URL, options.query);
  const dialect = dialectOf(baseURL);
  return {
    api: options.api ?? "chat",
    model: options.model,
    apiKey,
    auth,
    baseURL,
    organization: options.organization?.trim() ?? variable("OPENAI_ORG_ID"),
    project: options.project?.trim() ?? variable("OPENAI_PROJECT_ID"),
    headers,
    maxLineBytes: options.maxLineBytes ?? 1_048_576,
    includeUsage: options.includeUsage ?? true,
    maxTokensField: options.maxTokensField ?? dialect.maxTokens,
    network,
    dialect,
    outputFormat: options.outputFormat,
    thinkTags: options.thinkTags ?? "reasoning",
    extraBody: options.extraBody,
    secrets: secretsOf(apiKey, headers, new URL(baseURL)),
  };
}

function trimmed(apiKey: Settings["apiKey"]): Settings["apiKey"] {
  return isKeySource(apiKey) ? apiKey : apiKey?.trim();
}

function checkKey(provider: string, apiKey: Settings["apiKey"], hasBaseUrl: boolean): void {
  if (apiKey === undefined && !hasBaseUrl) {
    throw new HeddleError(
      "PROVIDER_AUTH",
      `provider "${provider}" has no API key: set OPENAI_API_KEY in the environment or pass openaiProvider({ apiKey }); ` +
        "for a server that needs none, such as Ollama, set OPENAI_BASE_URL or pass openaiProvider({ baseURL })",
      { details: { retryable: false } },
    );
  }
  if (typeof apiKey === "string" && !isHeaderValue(apiKey)) {
    throw new HeddleError(
      "PROVIDER_AUTH",
      `provider "${provider}": the API key has a line break or another character in it that cannot be sent`,
      { details: { retryable: false } },
    );
  }
}

function secretsOf(
  apiKey: Settings["apiKey"],
  headers: { readonly [name: string]: string },
  { searchParams }: URL,
): readonly string[] {
  const values = [...Object.entries(headers), ...searchParams]
    .filter(([name]) => SECRET_NAME.test(name))
    // With a scheme in front, the secret is what follows it.
    .flatMap(([, value]) => [value, value.slice(value.indexOf(" ") + 1)]);
  const key = typeof apiKey === "string" ? apiKey : "";
  return [key, ...values].filter((secret) => secret.length >= MIN_SECRET_LENGTH);
}
