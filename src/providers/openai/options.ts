import { isDeepStrictEqual } from "node:util";
import { HeddleError } from "../../errors.ts";
import type { KeySource } from "../../network/keys/key-source.ts";
import { checkKeySource, isKeySource } from "../../network/keys/key-source.ts";
import type { NetworkOptions } from "../../network/options.ts";
import { checkNetwork } from "../../network/options.ts";
import type { JsonObject } from "../../protocol/model.ts";
import type { BreakerPolicy, ProviderLimits, RetryPolicy } from "../../protocol/provider.ts";
import { ownedField } from "./body-merge.ts";
import type { OutputFormat } from "./output-format.ts";
import { parseJson } from "./untrusted.ts";

/** All optional: what is left out comes from the host's environment, or is left to the server. */
export type OpenAIProviderOptions = {
  /** The model that is asked when neither worker nor job name one. */
  readonly model?: string;
  /**
   * The key; or, for one that changes, a function of a module, a command or a file that gives it. All of these are run and read in the gateway, for all
   * requests at once. When a server answers 401 the key is fetched once more, and the request sent once more if it is another one.
   * @defaultValue `OPENAI_API_KEY`; none is needed when there is a base URL
   */
  readonly apiKey?: string | KeySource;
  /** How the key is sent: as `authorization: Bearer KEY`, or by itself in a header of this name, such as Azure's `api-key`. @defaultValue "bearer" */
  readonly auth?: "bearer" | "api-key" | (string & {});
  /**
   * Where the API is, such as `http://localhost:11434/v1`. The key is sent there. A query in it is kept: `…/openai/deployments/d1?api-version=2024-10-21`.
   * @defaultValue `OPENAI_BASE_URL`, else OpenAI's own
   */
  readonly baseURL?: string;
  /** Put into the query of every request's URL, over what `baseURL` has there, such as `{ "api-version": "2024-10-21" }`. @defaultValue none */
  readonly query?: { readonly [name: string]: string };
  /** @defaultValue `OPENAI_ORG_ID` */
  readonly organization?: string;
  /** @defaultValue `OPENAI_PROJECT_ID` */
  readonly project?: string;
  /** Chat Completions are served by nearly every model server, Responses in full by OpenAI only. @defaultValue "chat" */
  readonly api?: "chat" | "responses";
  /** Sent with every request, also in place of `authorization`. */
  readonly headers?: { readonly [name: string]: string };
  /** How long one line of a stream may be, in characters, 1,024 to 67,108,864. @defaultValue 1_048_576 */
  readonly maxLineBytes?: number;
  /** Whether a chat is asked to report its usage; a few servers refuse `stream_options`. @defaultValue true */
  readonly includeUsage?: boolean;
  /**
   * What a chat request calls `maxOutputTokens`. OpenAI's newer models refuse `max_tokens`; Ollama and others silently
   * ignore `max_completion_tokens`.
   * @defaultValue "max_completion_tokens" for OpenAI and Azure, else "max_tokens"
   */
  readonly maxTokensField?: "max_completion_tokens" | "max_tokens";
  /** Proxy, certificate authorities and client certificate. @defaultValue what the host's environment says */
  readonly network?: NetworkOptions;
  /**
   * How a server is asked for an output: by its JSON Schema, as any JSON with the schema in the instructions, or by the instructions
   * alone. The output is checked in any case.
   * @defaultValue "json_schema"; where the server refuses it the next one is tried, and kept for that model
   */
  readonly outputFormat?: OutputFormat;
  /** Whether thoughts at the very start of a chat's text, as `<think>…</think>`, are its reasoning or stay in the text. @defaultValue "reasoning" */
  readonly thinkTags?: "reasoning" | "text";
  /** Fields for the body of each request. They may not replace what Heddle sends itself. `model.extraBody` lies over them. */
  readonly extraBody?: JsonObject;
  readonly retry?: Partial<RetryPolicy>;
  readonly limits?: ProviderLimits;
  readonly breaker?: Partial<BreakerPolicy>;
};

type Check = (field: string, value: unknown) => void;

/** What node refuses in a header's value, with an error that prints the value. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** They belong to the transport: a body would not arrive, or could not be read. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "transfer-encoding",
  "upgrade",
]);

const CHECKS: { readonly [field in keyof Required<OpenAIProviderOptions>]: Check } = {
  model: text,
  apiKey: checkKey,
  auth: checkAuth,
  baseURL: checkBaseUrl,
  query: checkQuery,
  organization: headerText,
  project: headerText,
  api: oneOf("chat", "responses"),
  headers: checkHeaders,
  maxLineBytes: integer(1_024, 67_108_864),
  includeUsage: oneOf(true, false),
  maxTokensField: oneOf("max_completion_tokens", "max_tokens"),
  network: (field, value) => checkNetwork(field, value, refuse),
  outputFormat: oneOf("json_schema", "json_object", "none"),
  thinkTags: oneOf("reasoning", "text"),
  extraBody: checkExtraBody,
  retry: fields({
    maxRetries: integer(0, 10),
    initialDelayMs: integer(50, 600_000),
    maxDelayMs: integer(50, 600_000),
  }),
  limits: fields({
    requestsPerMinute: integer(1, 1_000_000),
    tokensPerMinute: integer(1, 1_000_000_000),
    maxConcurrent: integer(1, 1_000_000),
  }),
  breaker: fields({
    failures: integer(1, 1_000),
    withinMs: integer(1, 3_600_000),
    pauseMs: integer(1, 3_600_000),
  }),
};

/**
 * `value` as options, without what is undefined. No error ever holds an option's value: it could be the key.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and what it must be.
 */
export function checkOptions(value: unknown): OpenAIProviderOptions {
  fields(CHECKS)("", value ?? {});
  const given = Object.entries(value ?? {}).filter(([, option]) => option !== undefined);
  return Object.fromEntries(given) as OpenAIProviderOptions;
}

/** @throws {HeddleError} `INVALID_OPTION` when `value` is no URL that requests can be sent to. */
export function checkBaseUrl(field: string, value: unknown): void {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    refuse(field, "an http(s) URL, as a string");
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    refuse(field, "a URL without credentials or fragment (use headers for credentials)");
  }
  // The OpenAI client would keep one of them only.
  if (new Set(url.searchParams.keys()).size < url.searchParams.size) {
    refuse(field, "a URL whose query has each name once");
  }
}

/** Whether node would send `value` in a header. */
export function isHeaderValue(value: string): boolean {
  return HEADER_VALUE.test(value);
}

function fields(checks: { readonly [field: string]: Check }): Check {
  const byField = new Map(Object.entries(checks));
  const known = [...byField.keys()].join(", ");
  return (parent, value) => {
    for (const [name, option] of entries(parent, value)) {
      const field = parent === "" ? name : `${parent}.${name}`;
      const check = byField.get(name) ?? refuse(field, `left out: there are ${known}`);
      if (option !== undefined) check(field, option);
    }
  };
}

function entries(field: string, value: unknown): readonly (readonly [string, unknown])[] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) refuse(field === "" ? "the argument" : field, "an object");
  return Object.entries(value);
}

function text(field: string, value: unknown): void {
  if (typeof value !== "string" || value.trim() === "") refuse(field, "a string, not empty");
}

function headerText(field: string, value: unknown): void {
  text(field, value);
  if (!isHeaderValue(String(value).trim()))
    refuse(field, "without line breaks and control characters");
}

function checkKey(field: string, value: unknown): void {
  if (isKeySource(value)) checkKeySource(field, value, refuse);
  else headerText(field, value);
}

function checkAuth(field: string, value: unknown): void {
  const isName = typeof value === "string" && HEADER_NAME.test(value);
  if (!isName || RESERVED_HEADERS.has(value.toLowerCase())) {
    refuse(field, '"bearer", or the name of a header that takes the key by itself');
  }
}

function checkQuery(field: string, value: unknown): void {
  for (const [name, text] of entries(field, value)) {
    if (name === "" || typeof text !== "string") refuse(field, "an object of names and strings");
  }
}

function checkHeaders(field: string, value: unknown): void {
  for (const [name, header] of entries(field, value)) {
    if (!HEADER_NAME.test(name)) refuse(field, "an object whose names are header names");
    if (RESERVED_HEADERS.has(name.toLowerCase())) refuse(`${field}.${name}`, "left out");
    if (typeof header !== "string" || !isHeaderValue(header)) {
      refuse(`${field}.${name}`, "a string without line breaks and control characters");
    }
  }
}

function checkExtraBody(field: string, value: unknown): void {
  entries(field, value);
  if (!isDeepStrictEqual(parseJson(JSON.stringify(value)), value)) refuse(field, "plain JSON");
  const owned = ownedField(value as JsonObject);
  if (owned !== undefined) refuse(`${field}.${owned}`, "left out: Heddle sends it itself");
}

function oneOf(...values: readonly (string | boolean)[]): Check {
  return (field, value) => {
    if (!values.some((allowed) => allowed === value))
      refuse(field, values.map(String).join(" or "));
  };
}

function integer(min: number, max: number): Check {
  return (field, value) => {
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      refuse(field, `an integer from ${min} to ${max}`);
    }
  };
}

function refuse(field: string, expected: string): never {
  throw new HeddleError("INVALID_OPTION", `openaiProvider: ${field} must be ${expected}`, {
    details: { field },
  });
}
