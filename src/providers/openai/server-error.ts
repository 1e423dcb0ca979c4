import type { IncomingHttpHeaders } from "node:http";
import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { Complaint } from "./complaint.ts";
import { complaintOf } from "./complaint.ts";
import { codeOfWords } from "./error-words.ts";
import { retryAfterMs } from "./retry-after.ts";
import { parseJson } from "./untrusted.ts";

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PROVIDER_RATE_LIMITED",
  "PROVIDER_UNAVAILABLE",
  "PROVIDER_FINISH_REASON",
]);

/** The names of each kind of failure, without case. Numbers are GLM's, MiniMax's and Mistral's. */
const NAMES: { readonly [code in ErrorCode]?: readonly string[] } = {
  PROVIDER_QUOTA: [
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "exceeded_current_quota_error",
    "insufficient_balance",
    "insufficient_credits",
    "arrearage",
    "1113",
    "minimax_1008",
  ],
  PROVIDER_CONTEXT_LENGTH: [
    "context_length_exceeded",
    "exceed_context_size_error",
    "model_max_prompt_tokens_exceeded",
    "request_too_large",
    "prompt_too_long",
    "1261",
    "3051",
    "minimax_1039",
  ],
  PROVIDER_RATE_LIMITED: [
    "rate_limit_exceeded",
    "rate_limit_error",
    "rate_limit_reached_error",
    "resource_exhausted",
    "too_many_requests",
    "1302",
    "1303",
    "1305",
    "minimax_1002",
  ],
  PROVIDER_AUTH: [
    "invalid_api_key",
    "authentication_error",
    "invalid_authentication_error",
    "permission_error",
    "unauthorized",
    "unauthenticated",
    "minimax_1004",
    "minimax_2049",
  ],
  PROVIDER_NOT_FOUND: ["model_not_found", "not_found_error", "modelnotfound", "1211"],
  PROVIDER_CONTENT_FILTER: [
    "content_filter",
    "responsibleaipolicyviolation",
    "content_policy_violation",
    "data_inspection_failed",
    "datainspectionfailed",
    "1301",
    "minimax_1026",
    "minimax_1027",
  ],
  PROVIDER_FINISH_REASON: ["tool_use_failed", "output_parse_failed"],
  PROVIDER_BAD_REQUEST: [
    "invalid_request_error",
    "invalid_prompt",
    "badrequesterror",
    "bad_request",
    "invalidparameter",
    "invalid_argument",
    "minimax_2013",
  ],
  PROVIDER_UNAVAILABLE: [
    "server_error",
    "internal_server_error",
    "internal_error",
    "api_error",
    "overloaded_error",
    "engine_overloaded_error",
    "service_unavailable",
    "unavailable",
    "timeout",
    "minimax_1000",
    "minimax_1001",
    "minimax_1013",
    "minimax_1024",
    "minimax_1033",
  ],
};

/** A Map, because the keys come from the server: on an object, "constructor" would be found. */
const NAMED: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries(NAMES).flatMap(([code, names]) =>
    names.map((name) => [name, code as ErrorCode] as const),
  ),
);

const STATUSES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, "PROVIDER_AUTH"],
  [402, "PROVIDER_QUOTA"],
  [403, "PROVIDER_AUTH"],
  [404, "PROVIDER_NOT_FOUND"],
  [408, "PROVIDER_UNAVAILABLE"],
  [409, "PROVIDER_UNAVAILABLE"],
  [413, "PROVIDER_CONTEXT_LENGTH"],
  [425, "PROVIDER_UNAVAILABLE"],
  [429, "PROVIDER_RATE_LIMITED"],
  // Groq: no capacity for flexible requests.
  [498, "PROVIDER_UNAVAILABLE"],
]);

/** What a status does not say, but a name or words may. */
const SAID_OTHERWISE: { readonly [code in ErrorCode]?: readonly ErrorCode[] } = {
  PROVIDER_BAD_REQUEST: [
    "PROVIDER_CONTEXT_LENGTH",
    "PROVIDER_QUOTA",
    "PROVIDER_AUTH",
    "PROVIDER_NOT_FOUND",
    "PROVIDER_CONTENT_FILTER",
    "PROVIDER_FINISH_REASON",
  ],
  PROVIDER_AUTH: ["PROVIDER_QUOTA", "PROVIDER_CONTENT_FILTER"],
  PROVIDER_NOT_FOUND: ["PROVIDER_CONTEXT_LENGTH"],
  PROVIDER_RATE_LIMITED: ["PROVIDER_QUOTA", "PROVIDER_CONTEXT_LENGTH"],
  PROVIDER_UNAVAILABLE: ["PROVIDER_CONTEXT_LENGTH", "PROVIDER_QUOTA"],
};

const MAX_GENERATION_LENGTH = 4_000;

/** The error that an HTTP status from 400 on stands for. */
export function statusError(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  nowMs: number,
): HeddleError {
  const complaint = complaintOf(parseJson(body) ?? excerpt(body));
  const waitMs = retryAfterMs(headers, complaint, nowMs);
  const code = codeOfStatus(status, complaint, waitMs);
  const { "x-request-id": requestId } = headers;
  return new HeddleError(code, `the model server answered ${status}${said(complaint)}`, {
    details: {
      status,
      retryable: shouldRetry(headers) ?? RETRYABLE.has(code),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      ...(typeof requestId === "string" ? { requestId } : {}),
      ...detailsOf(complaint),
    },
  });
}

/** The error that a server sent in place of the rest of its stream. */
export function streamError(value: unknown, nowMs: number = Date.now()): HeddleError {
  const complaint = complaintOf(value);
  const waitMs = retryAfterMs({}, complaint, nowMs);
  const code = codeOfComplaint(complaint, waitMs);
  return new HeddleError(code, `the model server reported an error${said(complaint)}`, {
    details: {
      retryable: RETRYABLE.has(code),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      ...detailsOf(complaint),
    },
  });
}

/**
 * The error in an event that has no choice, in the fields of those who have no `error`: MiniMax's `base_resp`, DashScope's `code` and
 * `message`, a gateway's `error_message`, `status` and `detail`. Undefined for an event that brings something else, such as usage.
 */
export function choicelessError(event: unknown): HeddleError | undefined {
  const { message, code } = complaintOf(event);
  const isError = message !== undefined || code?.startsWith("minimax_");
  return isError ? streamError(event) : undefined;
}

function codeOfStatus(status: number, complaint: Complaint, waitMs: number | undefined): ErrorCode {
  const known = STATUSES.get(status);
  const plain = known ?? (status >= 500 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_BAD_REQUEST");
  const others = SAID_OTHERWISE[plain] ?? [];
  const named = nameOf(complaint);
  if (named !== undefined && others.includes(named)) return named;
  // It says when to come again: the limit is one that passes, whatever it is called.
  const isPassing = waitMs !== undefined && plain === "PROVIDER_RATE_LIMITED";
  const isSettled = isPassing || plain === "PROVIDER_NOT_FOUND";
  const byWords = plain === "PROVIDER_RATE_LIMITED" ? (["PROVIDER_QUOTA"] as const) : others;
  return (isSettled ? undefined : codeOfWords(cut(complaint.message ?? ""), byWords)) ?? plain;
}

function codeOfComplaint(complaint: Complaint, waitMs: number | undefined): ErrorCode {
  const named = nameOf(complaint);
  if (named !== undefined && named !== "PROVIDER_BAD_REQUEST") return named;
  const status = Number(complaint.code);
  if (status >= 400 && status < 600) return codeOfStatus(status, complaint, waitMs);
  const others = SAID_OTHERWISE.PROVIDER_BAD_REQUEST ?? [];
  return codeOfWords(cut(complaint.message ?? ""), others) ?? named ?? "PROVIDER_FAILED";
}

function nameOf({ code, type }: Complaint): ErrorCode | undefined {
  return NAMED.get(code?.toLowerCase() ?? "") ?? NAMED.get(type?.toLowerCase() ?? "");
}

function said({ message }: Complaint): string {
  return message === undefined ? "" : `: ${cut(message)}`;
}

function detailsOf({ code, type, failedGeneration }: Complaint): {
  providerCode?: string;
  failedGeneration?: string;
} {
  const name = code ?? type;
  return {
    ...(name === undefined ? {} : { providerCode: cut(name) }),
    ...(failedGeneration === undefined
      ? {}
      : { failedGeneration: failedGeneration.slice(0, MAX_GENERATION_LENGTH) }),
  };
}

function shouldRetry(headers: IncomingHttpHeaders): boolean | undefined {
  const { "x-should-retry": asked } = headers;
  if (asked === "true") return true;
  return asked === "false" ? false : undefined;
}

/** A page of HTML says nothing to a reader but its title. */
function excerpt(body: string): string {
  const start = body.slice(0, 4_096);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(start)?.[1];
  const text = title ?? (/^\s*</.test(start) ? "an HTML page" : start);
  return text.includes("\uFFFD") ? "an unreadable body" : text;
}

/** One line of at most 1,000 characters, without what could steer a terminal. */
function cut(text: string): string {
  const line = text.length <= 1_000 ? text : `${text.slice(0, 1_000)}…`;
  return line.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
}
