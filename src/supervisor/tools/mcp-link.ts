import type { Client } from "@modelcontextprotocol/client";
import { describe, HeddleError } from "../../errors.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { Clock } from "../../transport/clock.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import { orAborted } from "./aborted.ts";
import type { McpAccess } from "./mcp-access.ts";
import { serverTimer } from "./mcp-access.ts";
import type { McpFailures } from "./mcp-failures.ts";
import { McpHttpTransport } from "./mcp-http.ts";
import { McpStdioTransport } from "./mcp-stdio.ts";
import type { McpSdk, McpTransport } from "./mcp-transport.ts";

/** What servers are told of who speaks to them. The version is of how it is done. */
const CLIENT = { name: "heddle", version: "1" };

/** How the client's package is loaded. */
export type LoadMcpSdk = () => Promise<McpSdk>;

export const loadMcpSdk: LoadMcpSdk = () => import("@modelcontextprotocol/client");

/** One life of a connection. */
export type McpLink = { readonly client: Client; readonly transport: McpTransport };

/** What connecting needs to know. */
export type McpConnecting = {
  readonly source: Pick<McpSource, "server" | "connectMs">;
  readonly failures: McpFailures;
  readonly clock: Clock;
  readonly load: LoadMcpSdk;
  readonly access: McpAccess | undefined;
};

/**
 * Connects. Nothing is left of a try that has failed.
 *
 * @throws {HeddleError} `MCP_NOT_INSTALLED`, `MCP_CONNECT_FAILED`; what the signal says when it aborts.
 */
export async function openMcpLink(
  { source, failures, clock, load, access }: McpConnecting,
  signal: AbortSignal,
): Promise<McpLink> {
  const sdk = await load().catch((error: unknown) => {
    throw notLoaded(error);
  });
  signal.throwIfAborted();
  const { server, connectMs } = source;
  const transport =
    "url" in server
      ? new McpHttpTransport(server, sdk, clock, access)
      : new McpStdioTransport(server, sdk, clock);
  // A server that asks for roots or a model, or wants a person to open a page, is told that there are none.
  const client = new sdk.Client(CLIENT, { capabilities: { elicitation: { form: {} } } });
  const late = new AbortController();
  const timer = serverTimer(clock, connectMs, access, () => late.abort());
  try {
    const options = { signal: late.signal, timeout: MAX_TIMER_MS };
    await orAborted(orAborted(client.connect(transport, options), late.signal), signal);
    return { client, transport };
  } catch (error) {
    await transport.close();
    signal.throwIfAborted();
    throw failures.notConnected(error, transport, late.signal.aborted ? connectMs : undefined);
  } finally {
    timer.cancel();
  }
}

function notLoaded(error: unknown): HeddleError {
  if ((error as { code?: unknown } | undefined)?.code === "ERR_MODULE_NOT_FOUND") {
    const message =
      "MCP servers need the package @modelcontextprotocol/client: npm install @modelcontextprotocol/client";
    return new HeddleError("MCP_NOT_INSTALLED", message, { cause: error });
  }
  const message = `the package @modelcontextprotocol/client cannot be loaded: ${describe(error)}`;
  return new HeddleError("MCP_CONNECT_FAILED", message, { cause: error });
}
