import { describe, HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import { cancelled, protocolError, withoutSecrets } from "../openai/failures.ts";
import { statusError, streamError } from "../openai/server-error.ts";
import { asObject } from "../openai/untrusted.ts";

const MAX_CAUSES = 10;

/** By the `name` of the AI SDK's error classes: the user's copy of them is not ours. */
const NAMED: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["AI_LoadAPIKeyError", "PROVIDER_AUTH"],
  ["AI_LoadSettingError", "PROVIDER_AUTH"],
  ["AI_NoSuchModelError", "PROVIDER_NOT_FOUND"],
  ["AI_UnsupportedFunctionalityError", "PROVIDER_BAD_REQUEST"],
  ["AI_InvalidPromptError", "PROVIDER_BAD_REQUEST"],
  ["AI_InvalidArgumentError", "PROVIDER_BAD_REQUEST"],
  ["AI_NoSuchProviderReferenceError", "PROVIDER_BAD_REQUEST"],
]);
/** What the server sent is not what its API says. */
const MALFORMED: ReadonlySet<string> = new Set([
  "AI_TypeValidationError",
  "AI_JSONParseError",
  "AI_InvalidResponseDataError",
  "AI_EmptyResponseBodyError",
]);

/**
 * What a package or its stream has failed with, as one of Heddle's errors.
 *
 * The package's own error is not kept as a cause: it holds the whole conversation, and often the key.
 */
export function failureOf(
  thrown: unknown,
  signal: AbortSignal,
  secrets: readonly string[],
): HeddleError {
  return signal.aborted ? cancelled(signal) : withoutSecrets(judge(thrown), secrets);
}

/** What an `error` part of a stream says. */
export function streamFailure(error: unknown): HeddleError {
  if (error instanceof Error) return judge(error);
  const { statusCode, message, type, code } =
    asObject<"statusCode" | "message" | "type" | "code">(error) ?? {};
  const isStatus = typeof statusCode === "number" && statusCode >= 400 && statusCode < 600;
  const complaint = { error: { message, type, code } };
  return isStatus
    ? statusError(statusCode, {}, JSON.stringify(complaint), Date.now())
    : streamError(message === undefined ? error : complaint);
}

function judge(thrown: unknown): HeddleError {
  const chain = causesOf(thrown);
  const own = chain.find((error) => HeddleError.is(error));
  if (HeddleError.is(own)) return own;
  const answered = chain.map(answerOf).find((error) => error !== undefined);
  if (answered) return answered;
  const name = chain.find(({ name }) => NAMED.has(name) || MALFORMED.has(name))?.name ?? "";
  if (MALFORMED.has(name)) {
    return protocolError(`the model server sent what its API does not have: ${words(thrown)}`);
  }
  const code = NAMED.get(name) ?? "PROVIDER_FAILED";
  const hint = code === "PROVIDER_AUTH" ? AUTH_HINT : "";
  return new HeddleError(code, `${words(thrown)}${hint}`, { details: { retryable: false } });
}

const AUTH_HINT =
  " (set the variable in the environment and name it in aiSdkProvider({ env }), or give the value in aiSdkProvider({ settings }))";

/** The error that a package has made of a server's answer: it sends by a `fetch` of its own. */
function answerOf(error: Error): HeddleError | undefined {
  const { statusCode, responseBody, responseHeaders } = error as Error & {
    statusCode?: unknown;
    responseBody?: unknown;
    responseHeaders?: Record<string, string>;
  };
  if (typeof statusCode !== "number" || statusCode < 400) return undefined;
  const body = typeof responseBody === "string" ? responseBody : error.message;
  return statusError(statusCode, responseHeaders ?? {}, body, Date.now());
}

function causesOf(thrown: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && chain.length < MAX_CAUSES; ) {
    chain.push(error);
    error = error.cause;
  }
  return chain;
}

/** One line: the errors of a schema go over many. */
function words(thrown: unknown): string {
  return describe(thrown).replaceAll(/\s+/g, " ").slice(0, 1_000);
}
