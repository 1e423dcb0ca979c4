import type { IncomingHttpHeaders } from "node:http";
import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import { retryAfterMs } from "./retry-after.ts";
import { asObject, asText, parseJson } from "./untrusted.ts";

/** What a server says about an error, in whichever of the usual forms. */
type Complaint = {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
};

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PROVIDER_RATE_LIMITED",
  "PROVIDER_UNAVAILABLE",
]);

/** A Map, because the keys come from the server: on an object, "constructor" would be found. */
const NAMED: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["insufficient_quota", "PROVIDER_QUOTA"],
  ["billing_hard_limit_reached", "PROVIDER_QUOTA"],
  ["billing_not_active", "PROVIDER_QUOTA"],
  ["context_length_exceeded", "PROVIDER_CONTEXT_LENGTH"],
  ["exceed_context_size_error", "PROVIDER_CONTEXT_LENGTH"],
  ["rate_limit_exceeded", "PROVIDER_RATE_LIMITED"],
  ["rate_limit_error", "PROVIDER_RATE_LIMITED"],
  ["invalid_api_key", "PROVIDER_AUTH"],
  ["authentication_error", "PROVIDER_AUTH"],
  ["permission_error", "PROVIDER_AUTH"],
  ["model_not_found", "PROVIDER_NOT_FOUND"],
  ["not_found_error", "PROVIDER_NOT_FOUND"],
  ["invalid_request_error", "PROVIDER_BAD_REQUEST"],
  ["invalid_prompt", "PROVIDER_BAD_REQUEST"],
  ["server_error", "PROVIDER_UNAVAILABLE"],
  ["internal_server_error", "PROVIDER_UNAVAILABLE"],
  ["internal_error", "PROVIDER_UNAVAILABLE"],
  ["api_error", "PROVIDER_UNAVAILABLE"],
  ["overloaded_error", "PROVIDER_UNAVAILABLE"],
  ["service_unavailable", "PROVIDER_UNAVAILABLE"],
  ["timeout", "PROVIDER_UNAVAILABLE"],
]);

const STATUSES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, "PROVIDER_AUTH"],
  [402, "PROVIDER_QUOTA"],
  [403, "PROVIDER_AUTH"],
  [404, "PROVIDER_NOT_FOUND"],
  [408, "PROVIDER_UNAVAILABLE"],
  [409, "PROVIDER_UNAVAILABLE"],
  [425, "PROVIDER_UNAVAILABLE"],
  [429, "PROVIDER_RATE_LIMITED"],
]);

/** vLLM, llama.cpp, Ollama and others name no code for it, but say it in these words. */
const CONTEXT_LENGTH =
  /maximum context length|context (length|window|size).*(exceed|limit)|exceeds? .*context|prompt is too long/i;

/** The error that an HTTP status from 400 on stands for. */
export function statusError(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  nowMs: number,
): HeddleError {
  const complaint = complaintOf(parseJson(body) ?? excerpt(body));
  const code = codeOfStatus(status, complaint);
  const waitMs = retryAfterMs(headers, nowMs);
  const { "x-request-id": requestId } = headers;
  return new HeddleError(code, `the model server answered ${status}${said(complaint)}`, {
    details: {
      status,
      retryable: shouldRetry(headers) ?? RETRYABLE.has(code),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      ...(typeof requestId === "string" ? { requestId } : {}),
      ...providerCode(complaint),
    },
  });
}

/** The error that a server sent in place of the rest of its stream. */
export function streamError(value: unknown): HeddleError {
  const complaint = complaintOf(value);
  const code = codeOfComplaint(complaint);
  return new HeddleError(code, `the model server reported an error${said(complaint)}`, {
    details: { retryable: RETRYABLE.has(code), ...providerCode(complaint) },
  });
}

function codeOfStatus(status: number, complaint: Complaint): ErrorCode {
  const named = nameOf(complaint);
  if (named === "PROVIDER_QUOTA" || named === "PROVIDER_CONTEXT_LENGTH") return named;
  const known = STATUSES.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return "PROVIDER_UNAVAILABLE";
  return tooLong(complaint) ? "PROVIDER_CONTEXT_LENGTH" : "PROVIDER_BAD_REQUEST";
}

function codeOfComplaint(complaint: Complaint): ErrorCode {
  const named = nameOf(complaint);
  if (named === "PROVIDER_BAD_REQUEST" && tooLong(complaint)) return "PROVIDER_CONTEXT_LENGTH";
  if (named !== undefined) return named;
  const status = Number(complaint.code);
  if (status >= 400 && status < 600) return codeOfStatus(status, complaint);
  return tooLong(complaint) ? "PROVIDER_CONTEXT_LENGTH" : "PROVIDER_FAILED";
}

function nameOf({ code, type }: Complaint): ErrorCode | undefined {
  return NAMED.get(code?.toLowerCase() ?? "") ?? NAMED.get(type?.toLowerCase() ?? "");
}

function tooLong(complaint: Complaint): boolean {
  return CONTEXT_LENGTH.test(cut(complaint.message ?? ""));
}

function complaintOf(value: unknown): Complaint {
  if (typeof value === "string") return { message: asText(value) };
  // Gemini wraps its error in an array.
  if (Array.isArray(value)) return complaintOf(value[0]);
  const body = asObject<"error" | "message" | "detail" | "code" | "type">(value);
  if (body === undefined) return {};
  if (typeof body.error === "object" && body.error !== null) return complaintOf(body.error);
  const { error, message, detail, code, type } = body;
  return {
    message: asText(message) ?? asText(error) ?? asText(detail) ?? json(detail),
    code: typeof code === "number" ? String(code) : asText(code),
    type: asText(type),
  };
}

function said({ message }: Complaint): string {
  return message === undefined ? "" : `: ${cut(message)}`;
}

function providerCode({ code, type }: Complaint): { providerCode?: string } {
  const name = code ?? type;
  return name === undefined ? {} : { providerCode: cut(name) };
}

function shouldRetry(headers: IncomingHttpHeaders): boolean | undefined {
  const { "x-should-retry": asked } = headers;
  if (asked === "true") return true;
  return asked === "false" ? false : undefined;
}

function json(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
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
