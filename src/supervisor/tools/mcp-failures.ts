import { describe, HeddleError } from "../../errors.ts";
import type { ErrorCode, ErrorDetails } from "../../protocol/error.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { McpTransport } from "./mcp-transport.ts";
import { CLOSED } from "./mcp-transport.ts";

/** What is shorter is no key, and would be found everywhere. */
const MIN_SECRET = 6;
const MAX_FOREIGN_TEXT = 1_000;
const MAX_NOTES = 2_000;

type Server = Pick<McpSource, "name" | "server">;

/**
 * The errors of one server. Each names it in its message and in `details.server`. None has a cause, and what the server or its process has
 * said is shown without what is in the source's headers, environment and query: servers do echo the key they refuse.
 */
export class McpFailures {
  readonly #name: string;
  readonly #secrets: readonly string[];
  readonly #keys: () => readonly string[];

  /** @param keys the keys that the server was sent lately beside those of the source. */
  constructor({ name, server }: Server, keys: () => readonly string[] = () => []) {
    this.#name = name;
    this.#secrets = secretsOf(server);
    this.#keys = keys;
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

  /** Of a request: lost if the connection is, else what the server has answered. */
  ofRequest(error: unknown, transport: McpTransport): HeddleError {
    if (transport.end) return this.lost(transport);
    return this.failed(`has failed: ${wordsOf(error)}`, factsOf(error));
  }

  #error(code: ErrorCode, what: string, details: ErrorDetails): HeddleError {
    const message = this.#blot(`MCP server "${this.#name}" ${what}`);
    return new HeddleError(code, message, { details: { server: this.#name, ...details } });
  }

  #blot(text: string): string {
    const secrets = [...this.#secrets, ...this.#keys()];
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  }
}

/** The longest first: one may be a part of another. */
function secretsOf(server: McpSource["server"]): readonly string[] {
  const values =
    "url" in server
      ? [...Object.values(server.headers ?? {}), ...new URL(server.url).searchParams.values()]
      : Object.values(server.env ?? {});
  const withParts = values.flatMap((value) => [value, ...value.split(/\s+/)]);
  return withParts
    .filter((value) => value.length >= MIN_SECRET)
    .toSorted((one, other) => other.length - one.length);
}

/** What an error of the client says, for people. Its text may be a whole page of HTML. */
function wordsOf(error: unknown): string {
  const { code, status } = Object(error) as { code?: unknown; status?: unknown };
  const text = cut(describe(error), MAX_FOREIGN_TEXT);
  if (typeof status === "number") return `HTTP ${status}: ${text}`;
  return typeof code === "number" ? `${text} (JSON-RPC ${code})` : text;
}

function factsOf(error: unknown): ErrorDetails {
  const { code, status } = Object(error) as { code?: unknown; status?: unknown };
  if (typeof status === "number") return { status };
  return typeof code === "number" ? { rpcCode: code } : {};
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}
