import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, ErrorDetails } from "../index.ts";
import { HeddleError } from "../index.ts";

/** How every refusal and failure is told, but for the routes whose protocol has a form of its own. */
export type ErrorBody = {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: ErrorDetails;
  };
};

const STATUS: { readonly [C in ErrorCode]?: ContentfulStatusCode } = {
  INVALID_INPUT: 400,
  INVALID_OPTION: 400,
  UNKNOWN_MESSAGE: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  HOST_NOT_ALLOWED: 403,
  ORIGIN_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  UNKNOWN_AGENT: 404,
  UNKNOWN_WORKER: 404,
  UNKNOWN_JOB: 404,
  UNKNOWN_CONFIRMATION: 404,
  METHOD_NOT_ALLOWED: 405,
  NAME_TAKEN: 409,
  ID_TAKEN: 409,
  WORKER_BUSY: 409,
  WORKER_STOPPED: 409,
  WORKER_FAILED: 409,
  NOT_AN_AGENT: 409,
  JOB_SETTLED: 409,
  JOB_CANCELLED: 409,
  APPROVAL_REQUIRED: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  LIMIT_REACHED: 429,
  MAILBOX_FULL: 429,
  BUDGET_TOKENS: 429,
  BUDGET_TOOL_CALLS: 429,
  PROVIDER_RATE_LIMITED: 429,
  SERVER_NOT_INSTALLED: 501,
  PROVIDER_FAILED: 502,
  PROVIDER_AUTH: 502,
  PROVIDER_BAD_REQUEST: 502,
  PROVIDER_NOT_FOUND: 502,
  PROVIDER_QUOTA: 502,
  PROVIDER_UNAVAILABLE: 502,
  PROVIDER_CONNECTION: 502,
  PROVIDER_TRUNCATED: 502,
  PROVIDER_PROTOCOL: 502,
  PROVIDER_CONTEXT_LENGTH: 400,
  PROVIDER_CONTENT_FILTER: 400,
  PROVIDER_FINISH_REASON: 502,
  PROVIDER_EMPTY: 502,
  OVERLOADED: 503,
  DRAINING: 503,
  SESSION_CLOSED: 503,
  SUPERVISOR_CLOSED: 503,
  GATEWAY_LOST: 503,
  JOB_TIMEOUT: 504,
  STEP_TIMEOUT: 504,
  FIRST_CHUNK_TIMEOUT: 504,
  CHUNK_TIMEOUT: 504,
};

/** Where nothing but a status is known. */
const CODES: { readonly [status: number]: ErrorCode } = {
  400: "INVALID_INPUT",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  413: "BODY_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
};

export function statusOf(code: ErrorCode): ContentfulStatusCode {
  return STATUS[code] ?? 500;
}

/** Returns any thrown value as the error that a client may see: nothing of what went wrong inside, but for its code. */
export function shownError(error: unknown): HeddleError {
  if (HeddleError.is(error)) return error;
  if (error instanceof HTTPException)
    return new HeddleError(CODES[error.status] ?? "INVALID_INPUT", error.message);
  return new HeddleError("INTERNAL", "the server has failed", { cause: error });
}

/** Whether it says that the client was gone before it had sent its whole request: nobody reads the answer, and nothing has failed here. */
export function isClientGone(error: unknown, { signal }: Request): boolean {
  return signal.aborted && (error as { readonly code?: unknown }).code === "ECONNRESET";
}

export function errorBody({ code, message, details }: HeddleError): ErrorBody {
  return { error: { code, message, ...(Object.keys(details).length === 0 ? {} : { details }) } };
}

/** A uniform answer to any thrown value; `bodyOf` is for protocols with a form of their own. Whoever is refused for want of room is told when to come again. */
export function errorResponse(
  c: Context,
  thrown: unknown,
  bodyOf: (error: HeddleError) => object = errorBody,
): Response {
  const error = shownError(thrown);
  const status = statusOf(error.code);
  if (status === 429 || status === 503) c.header("retry-after", "1");
  if (status === 401) c.header("www-authenticate", "Bearer");
  return c.json(bodyOf(error), status);
}
