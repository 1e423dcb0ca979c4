import { createHash } from "node:crypto";
import { HeddleError } from "../../errors.ts";
import type { McpAuth } from "../../tools/mcp/auth.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { Runtime } from "../runtime.ts";
import type { McpInspection } from "./mcp-connection.ts";
import { McpConnection } from "./mcp-connection.ts";
import type { LoadMcpSdk } from "./mcp-link.ts";
import { loadMcpSdk } from "./mcp-link.ts";
import type { McpOwner } from "./mcp-open-access.ts";

/** A session's connections to MCP servers: one for each server, shared by all workers. */
export class McpConnections {
  readonly #runtime: Pick<Runtime, "clock" | "random">;
  readonly #load: LoadMcpSdk;
  readonly #owner: McpOwner;
  readonly #connections = new Map<string, McpConnection>();

  #closing: Promise<void> | undefined;

  /** @param load loads the client's package; handed in by tests. */
  constructor(
    runtime: Pick<Runtime, "clock" | "random">,
    load: LoadMcpSdk = loadMcpSdk,
    owner: McpOwner = { session: "", host: {} },
  ) {
    this.#runtime = runtime;
    this.#load = load;
    this.#owner = owner;
  }

  /**
   * The connection to a server. A source with the same server and the same name is the same server; the first one's `connectMs` counts.
   *
   * It lasts as long as the session is open, whatever becomes of the server: a request after it was lost connects again, after a pause
   * if the server fails again and again. A request rejects with the reason of its signal as soon as that aborts, and the server is told.
   *
   * @throws {HeddleError} `SESSION_CLOSED`.
   */
  to(source: McpSource): McpConnection {
    if (this.#closing !== undefined)
      throw new HeddleError("SESSION_CLOSED", "the session is closed");
    const key = keyOf(source);
    const known = this.#connections.get(key);
    if (known) return known;
    const connection = new McpConnection(source, {
      ...this.#runtime,
      load: this.#load,
      owner: this.#owner,
    });
    this.#connections.set(key, connection);
    return connection;
  }

  /**
   * The tools that a server has now. It is connected to if need be: by the first who asks, for all.
   *
   * @throws {HeddleError} `MCP_NOT_INSTALLED`, `MCP_CONNECT_FAILED`, `MCP_SERVER_LOST`, `MCP_AUTH_REQUIRED`, `MCP_AUTH_FAILED`, `MCP_FAILED`, `SESSION_CLOSED`; what the signal says when it aborts.
   */
  async toolsOf(source: McpSource, signal: AbortSignal): Promise<readonly AnyTool[]> {
    return (await this.to(source).offer(source, signal)).tools;
  }

  inspect(): readonly McpInspection[] {
    return [...this.#connections.values()].map((connection) => connection.inspect());
  }

  /**
   * Ends all connections. When it resolves their processes are gone, with what they have started in their groups. It never rejects, and
   * takes a few seconds if a server does not end by itself. Calls under way reject at once, with `SESSION_CLOSED`.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }
}

const functionNumbers = new WeakMap<object, number>();
let functions = 0;

/** The same for the same client, with no secret in it. A function is known by itself. */
function authKey(auth: McpAuth | undefined): string | undefined {
  if (auth === undefined) return undefined;
  const whole = JSON.stringify(auth, (_, value: unknown) => {
    if (typeof value !== "function") return value;
    if (!functionNumbers.has(value)) functionNumbers.set(value, ++functions);
    return functionNumbers.get(value);
  });
  return createHash("sha256").update(whole).digest("hex");
}

/** In whatever order the fields were given. */
function keyOf({ name, server }: McpSource): string {
  const sorted = (fields: { readonly [name: string]: string } = {}) =>
    Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return "url" in server
    ? JSON.stringify([
        name,
        server.url,
        sorted(server.headers),
        server.network,
        authKey(server.auth),
      ])
    : JSON.stringify([name, server.command, server.args ?? [], server.cwd, sorted(server.env)]);
}
