import { describe, HeddleError } from "../../errors.ts";
import type { ErrorCode, ErrorDetails } from "../../protocol/error.ts";
import { secretsOfAuth } from "../../tools/mcp/auth.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { McpTransport } from "./mcp-transport.ts";
import { CLOSED } from "./mcp-transport.ts";

/** What is shorter is no key, and would be found everywhere. */
const MIN_SECRET = 6;
const MAX_FOREIGN_TEXT = 1_000;
const MAX_NOTES = 2_000;
/** Of tokens that come and go, the latest. */
const MAX_CONCEALED = 64;
const AUTH_CODES: readonly ErrorCode[] = ["MCP_AUTH_REQUIRED", "MCP_AUTH_FAILED"];

type Server = Pick<McpSource, "name" | "server">;

/**
 * The errors of one server. Each names it in its message and in `details.server`. None has a cause, and what the server or its process has
 * said is shown without what is in the source's headers, environment, query and `auth`, and without the tokens that came of it: servers do echo the
 * key they refuse.
 */
export class McpFailures {
  readonly #name: string;
  readonly #secrets: readonly string[];
  readonly #authMend: string;
  #concealed: readonly string[] = [];

  constructor({ name, server }: Server) {
    this.#name = name;
    this.#secrets = secretsOf(server);
    this.#authMend = authMendOf(server);
  }

  /** From now on it is shown in no error. */
  conceal(secret: string): void {
    if (secret.length < MIN_SECRET || this.#concealed.includes(secret)) return;
    this.#concealed = [...this.#concealed, secret].slice(-MAX_CONCEALED);
  }

  /** Somebody has to give what is not there. */
  required(what: string): HeddleError {
    return this.#error("MCP_AUTH_REQUIRED", what, {});
  }

  /** What was given is not taken. */
  refused(what: string, details: ErrorDetails = {}): HeddleError {
    return this.#error("MCP_AUTH_FAILED", what, details);
  }

  /** The same, as an error says that is not ours. */
  refusedBy(what: string, error: unknown): HeddleError {
    if (isAuthFailure(error)) return error;
    const { code } = Object(error) as { code?: unknown };
    const facts = typeof code === "string" && !HeddleError.is(error) ? { oauthError: code } : {};
    return this.refused(`${what}: ${wordsOf(error)}`, facts);
  }

  failed(what: string, details: ErrorDetails = {}): HeddleError {
    return this.#error("MCP_FAILED", what, details);
  }

  /** The tool itself has said that it failed. */
  ofTool(text: string): HeddleError {
    const message = this.#blot(text === "" ? "the tool has failed without a word" : text);
    return new HeddleError("TOOL_FAILED", message, { details: { server: this.#name } });
  }

  /** @param lateMs how long it was waited for; left out: it has failed before. */
  notConnected(error: unknown, { end, notes }: McpTransport, lateMs?: number): HeddleError {
    const unauthorised = this.#unauthorised(error);
    if (unauthorised) return unauthorised;
    const reason = end && end !== CLOSED ? `it ${end.how}` : wordsOf(error);
    const what =
      lateMs === undefined
        ? `could not be connected to: ${reason}`
        : `has not answered within ${lateMs} ms`;
    const details = { ...factsOf(error), ...end?.details };
    return this.#error("MCP_CONNECT_FAILED", what + cut(notes, MAX_NOTES), details);
  }

  lost({ end, notes }: McpTransport): HeddleError {
    const what = `${end?.how ?? "is gone"}${cut(notes, MAX_NOTES)}`;
    return this.#error("MCP_SERVER_LOST", what, end?.details ?? {});
  }

  /** Of a request: lost if the connection is, or the request itself on its way; else what the server has answered. */
  ofRequest(error: unknown, transport: McpTransport): HeddleError {
    if (HeddleError.is(error) && error.details["server"] !== undefined) return error;
    if (HeddleError.is(error) && error.code === "MCP_SERVER_LOST") {
      return this.#error("MCP_SERVER_LOST", error.message, error.details);
    }
    if (transport.end) return this.lost(transport);
    const unauthorised = this.#unauthorised(error);
    if (unauthorised) return unauthorised;
    return this.failed(`has failed: ${wordsOf(error)}`, factsOf(error));
  }

  /** What is said of the server in the log of a job, without keys. */
  warning(what: string): string {
    return this.#blot(`MCP server "${this.#name}" ${what}`);
  }

  #unauthorised(error: unknown): HeddleError | undefined {
    if (isAuthFailure(error)) return error;
    if (factsOf(error)["status"] !== 401) return undefined;
    const what = `has refused the request (${wordsOf(error)}); ${this.#authMend}`;
    const code = this.#authMend === NO_AUTH ? "MCP_AUTH_REQUIRED" : "MCP_AUTH_FAILED";
    return this.#error(code, what, { status: 401 });
  }

  #error(code: ErrorCode, what: string, details: ErrorDetails): HeddleError {
    const message = this.#blot(`MCP server "${this.#name}" ${what}`);
    return new HeddleError(code, message, { details: { server: this.#name, ...details } });
  }

  #blot(text: string): string {
    // One may be a part of another.
    const secrets = [...this.#concealed, ...this.#secrets].toSorted(longestFirst);
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  }
}

const NO_AUTH = "give mcp() an auth, or the server's key in headers";

function authMendOf(server: Server["server"]): string {
  if (!("url" in server)) return NO_AUTH;
  if (server.auth) return "the token that it was just given is none of its own: see mcp()'s auth";
  return server.headers ? "mcp()'s headers need another key, or an auth in their place" : NO_AUTH;
}

function isAuthFailure(error: unknown): error is HeddleError {
  return HeddleError.is(error) && AUTH_CODES.includes(error.code);
}

function longestFirst(one: string, other: string): number {
  return other.length - one.length;
}

function secretsOf(server: McpSource["server"]): readonly string[] {
  const values =
    "url" in server
      ? [
          ...Object.values(server.headers ?? {}),
          ...new URL(server.url).searchParams.values(),
          ...(server.auth ? secretsOfAuth(server.auth) : []),
        ]
      : Object.values(server.env ?? {});
  const withParts = values.flatMap((value) => [value, ...value.split(/\s+/)]);
  return withParts.filter((value) => value.length >= MIN_SECRET);
}

type Known = {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly retryAfterMs?: unknown;
  readonly data?: unknown;
};

/** What an error of the client says, for people. Its text may be a whole page of HTML. */
function wordsOf(error: unknown): string {
  const { code, status, retryAfterMs, data }: Known = Object(error);
  if (typeof status !== "number") {
    const text = cut(describe(error), MAX_FOREIGN_TEXT);
    return typeof code === "number" ? `${text} (JSON-RPC ${code})` : text;
  }
  const { text }: { text?: unknown } = Object(data);
  // The client has words of its own for some, without the server's.
  const said = status >= 400 && typeof text === "string" && text !== "" ? text : describe(error);
  const later =
    typeof retryAfterMs === "number"
      ? ` (it asks to come again after ${Math.ceil(retryAfterMs / 1_000)} s)`
      : "";
  return `HTTP ${status}: ${cut(said, MAX_FOREIGN_TEXT)}${later}`;
}

function factsOf(error: unknown): ErrorDetails {
  const { code, status, retryAfterMs }: Known = Object(error);
  if (typeof status === "number") {
    return { status, ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}) };
  }
  return typeof code === "number" ? { rpcCode: code } : {};
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}
