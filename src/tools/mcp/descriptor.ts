import type { NetworkOptions } from "../../network/options.ts";
import type { McpAuth } from "./auth.ts";
import { checkedMcpSource } from "./check.ts";
import type { McpToolChoice } from "./tool-choice.ts";

/** A server that is started as a process and spoken to over its standard input and output. */
export type McpStdioServer = {
  /** The program, by its path or as `PATH` finds it. No shell. */
  readonly command: string;
  readonly args?: readonly string[];
  /**
   * What the process has of its environment. Of this process's own it only gets what has no secrets by custom: `PATH`, `HOME`, the user's name, the
   * locale, the folder for temporary files, the time zone, proxies and certificates (docs/mcp.md has the list). What is given here goes before it.
   */
  readonly env?: { readonly [name: string]: string };
  /** @defaultValue the process's own */
  readonly cwd?: string;
};

/** A server that is spoken to over streamable HTTP, or over HTTP with server-sent events, as it was before that. */
export type McpHttpServer = {
  /** `http:` or `https:`, without user and password. */
  readonly url: string | URL;
  /** Sent with every request. Keys go here: what is in them is in no error, log, event or `inspect()`. */
  readonly headers?: { readonly [name: string]: string };
  /** How requests are authorised, if the server wants that. What it holds, and every token that comes of it, is in no error, log, event or `inspect()`. */
  readonly auth?: McpAuth;
  /** Proxy, certificate authorities and client certificate. @defaultValue what the host's environment says */
  readonly network?: NetworkOptions;
};

export type McpServer = McpStdioServer | McpHttpServer;

/**
 * Which of a server's tools need approval. `hinted`: all but those which the server calls read-only, or not destructive. Hints are
 * what the server says of itself: for one that is not trusted, say `always`.
 */
export type McpApprovals = "hinted" | "always" | "never";

export type McpOptions = {
  /**
   * What the server is called in errors and in `inspect()`, 1 to 64 characters.
   * @defaultValue the URL's host, or the program's name; of what `npx`, `node`, `uvx` and such start, the name of that
   */
  readonly name?: string;
  /** What the names of its tools begin with, up to 32 of `a-z`, `A-Z`, `0-9`, `_` and `-`. @defaultValue nothing */
  readonly prefix?: string;
  /** @defaultValue "hinted" */
  readonly approvals?: McpApprovals;
  /** How long connecting may take, and listing the tools, in ms, 1 to 2,147,483,647. @defaultValue 30_000 */
  readonly connectMs?: number;
  /** How long a call may take, in ms, 1 to 2,147,483,647. @defaultValue the worker's `timeouts.toolMs` */
  readonly timeoutMs?: number;
  /**
   * Whether a job goes on without the server when it cannot be reached: with a `warning` in its log, and a line for the model (see
   * `instructions`). Otherwise the job fails.
   * @defaultValue false
   */
  readonly optional?: boolean;
  /**
   * Whether the model is told what the server says of its use: behind the worker's own instructions, marked with the server's name, at most
   * 16,384 bytes.
   * @defaultValue true
   */
  readonly instructions?: boolean;
  /** Whether the model has two tools more, which list and read the server's resources. @defaultValue false */
  readonly resources?: boolean;
  /** Which of its tools the worker has, and as what. @defaultValue all, as the server has them */
  readonly tools?: McpToolChoice;
};

/** An MCP server as a source of tools, made by `mcp()`: plain data, but for functions that `auth` may have. */
export type McpSource = {
  readonly type: "mcp";
  readonly server: McpStdioServer | (McpHttpServer & { readonly url: string });
  readonly name: string;
  readonly prefix: string;
  readonly approvals: McpApprovals;
  readonly connectMs: number;
  readonly timeoutMs?: number;
  readonly optional?: boolean;
  readonly instructions?: boolean;
  readonly resources?: boolean;
  readonly tools?: McpToolChoice;
};

/**
 * An MCP server, to be put into a worker's `tools`. It needs the package `@modelcontextprotocol/client`, which is loaded when a worker
 * first uses such a server.
 *
 * Nothing is started here. The workers of a session share one connection to a server, and the same command or URL with the same `name` and `auth` is the same server.
 * A name of a tool that a model would refuse is changed to one that it takes: always the same one, with a hash of the server's own name in it.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds.
 */
export function mcp(server: McpServer, options: McpOptions = {}): McpSource {
  return checkedMcpSource("mcp", { ...options, type: "mcp", server });
}
