import type { Context } from "hono";
import type { ErrorCode, HeddleError } from "../../index.ts";
import { errorResponse, shownError, statusOf } from "../http-error.ts";

/** How OpenAI tells of errors. */
export type OpenaiErrorBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
};

/** Codes that OpenAI has a name of its own for; all others are Heddle's, in lower case. */
const CODES: { readonly [C in ErrorCode]?: string } = {
  UNKNOWN_AGENT: "model_not_found",
  UNAUTHORIZED: "invalid_api_key",
  LIMIT_REACHED: "rate_limit_exceeded",
  PROVIDER_RATE_LIMITED: "rate_limit_exceeded",
  BUDGET_TOKENS: "insufficient_quota",
  BUDGET_TOOL_CALLS: "insufficient_quota",
  PROVIDER_CONTEXT_LENGTH: "context_length_exceeded",
};
const TYPES: { readonly [status: number]: string } = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};
/** Fields of a job, as requests name them. */
const PARAMS: { readonly [field: string]: string } = {
  output: "response_format.json_schema.schema",
};
/** Nothing was begun, and there may be room later. */
const TRY_AGAIN: ReadonlySet<ErrorCode> = new Set([
  "LIMIT_REACHED",
  "OVERLOADED",
  "DRAINING",
  "PROVIDER_RATE_LIMITED",
]);

/** Whether errors of a path are told in OpenAI's way. */
export function isOpenaiPath(path: string): boolean {
  return path === "/v1" || path.startsWith("/v1/");
}

export function openaiErrorBody(error: HeddleError): OpenaiErrorBody {
  const { code, message } = error;
  const status = statusOf(code);
  return {
    error: {
      message,
      type: TYPES[status] ?? (status < 500 ? "invalid_request_error" : "server_error"),
      param: paramOf(error),
      code: CODES[code] ?? code.toLowerCase(),
    },
  };
}

/**
 * An answer to any thrown value in OpenAI's form. Its clients try again by themselves after many a status: they are told not to, unless
 * nothing was begun. An agent's tools may have had an effect, and a failing model's server was asked again already.
 */
export function openaiErrorResponse(c: Context, thrown: unknown): Response {
  if (!TRY_AGAIN.has(shownError(thrown).code)) c.header("x-should-retry", "false");
  return errorResponse(c, thrown, openaiErrorBody);
}

function paramOf({ code, details: { field } }: HeddleError): string | null {
  if (typeof field === "string") return PARAMS[field] ?? field;
  return code === "UNKNOWN_AGENT" ? "model" : null;
}
