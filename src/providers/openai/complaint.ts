import { asObject, asText, parseJson } from "./untrusted.ts";

/** What a server says about an error, in whichever of the usual forms. */
export type Complaint = {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** How long it wants us to wait, as far as its fields say so. */
  readonly retryAfter?: unknown;
  /** The headers of the server behind it, of OpenRouter. */
  readonly headers?: { readonly [name: string]: unknown } | undefined;
  /** What the model wrote and the server could not read, of Groq. */
  readonly failedGeneration?: string | undefined;
};

type Body = {
  readonly [name in
    | "error"
    | "errors"
    | "fault"
    | "base_resp"
    | "message"
    | "Message"
    | "msg"
    | "error_message"
    | "error_msg"
    | "detail"
    | "details"
    | "title"
    | "faultstring"
    | "status_msg"
    | "code"
    | "error_code"
    | "status"
    | "status_code"
    | "type"
    | "error_type"
    | "metadata"
    | "innererror"
    | "retry_after"
    | "failed_generation"]?: unknown;
};

const RETRY_INFO = "google.rpc.RetryInfo";
/** How deep errors are looked for in errors. */
const MAX_DEPTH = 4;

/** Reads an error that a server has sent: text, or JSON in the form of any of the usual servers. */
export function complaintOf(value: unknown, depth = 0): Complaint {
  if (typeof value === "string") return { message: asText(value) };
  // Gemini wraps its error in an array.
  if (Array.isArray(value)) return depth < MAX_DEPTH ? complaintOf(value[0], depth + 1) : {};
  const body: Body | undefined = asObject(value);
  if (body === undefined) return {};
  const inner = innerError(body);
  if (inner !== undefined && depth < MAX_DEPTH) {
    return { ...plain(complaintIn(body)), ...plain(complaintOf(inner, depth + 1)) };
  }
  return complaintIn(body);
}

/** OpenAI's, Cloudflare's, Apigee's, MiniMax's. */
function innerError({ error, errors, fault, base_resp }: Body): unknown {
  if (typeof error === "object" && error !== null) return error;
  if (Array.isArray(errors) && errors.length > 0) return errors[0];
  if (asObject(fault)) return fault;
  const status = asObject<"status_code">(base_resp)?.status_code ?? 0;
  return status === 0 ? undefined : base_resp;
}

function complaintIn(body: Body): Complaint {
  const metadata = asObject<"raw" | "provider_name" | "headers">(body.metadata);
  const { innererror } = body;
  const inner = asObject<"code">(innererror);
  const code = body.code ?? body.error_code ?? statusOf(body);
  const type = asText(body.type) ?? asText(body.error_type) ?? asText(body.status);
  const isMiniMax = body.status_msg !== undefined;
  return {
    message: withUpstream(messageIn(body), metadata),
    code: isMiniMax ? `minimax_${body.status_code}` : (named(code) ?? asText(inner?.code)),
    type,
    retryAfter: retryInfo(body.details) ?? body.retry_after,
    headers: asObject(metadata?.headers) as Complaint["headers"],
    failedGeneration: asText(body.failed_generation),
  };
}

/** A status in the body, where the answer's own is 200. */
function statusOf({ status, status_code }: Body): number | undefined {
  return [status, status_code].find((number) => typeof number === "number");
}

function messageIn(body: Body): string | undefined {
  const { message, Message, msg, error, error_message, error_msg, detail, title } = body;
  const said = [message, error_message, error_msg, Message, msg, error, detail];
  const words = said.find((text) => asText(text) !== undefined);
  return (
    asText(words) ??
    asText(body.faultstring) ??
    asText(body.status_msg) ??
    json(detail) ??
    json(message) ??
    asText(title)
  );
}

/** OpenRouter puts what its upstream has said beside its own words, which say nothing. */
function withUpstream(
  message: string | undefined,
  metadata: { readonly raw?: unknown; readonly provider_name?: unknown } | undefined,
): string | undefined {
  const raw = metadata?.raw;
  const upstream = typeof raw === "string" ? complaintOf(parseJson(raw) ?? raw).message : json(raw);
  if (upstream === undefined || upstream === message) return message;
  const name = asText(metadata?.provider_name);
  return [message, name === undefined ? upstream : `${name}: ${upstream}`].join(": ");
}

/** Google's way to say when to come again. */
function retryInfo(details: unknown): unknown {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    const info = asObject<"@type" | "retryDelay">(detail);
    if (asText(info?.["@type"])?.endsWith(RETRY_INFO)) return info?.retryDelay;
  }
  return undefined;
}

function named(code: unknown): string | undefined {
  return typeof code === "number" ? String(code) : asText(code);
}

function plain(complaint: Complaint): Complaint {
  const known = Object.entries(complaint).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known);
}

function json(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}
