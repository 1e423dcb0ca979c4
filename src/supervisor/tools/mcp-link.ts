import type { Client, VersionNegotiationMode } from "@modelcontextprotocol/client";
import { describe, HeddleError } from "../../errors.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import { orAborted } from "../../transport/aborted.ts";
import type { Clock } from "../../transport/clock.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { McpAccess } from "./mcp-access.ts";
import { serverTimer } from "./mcp-access.ts";
import type { McpFailures } from "./mcp-failures.ts";
import { McpHttpTransport } from "./mcp-http.ts";
import { McpSseTransport } from "./mcp-sse.ts";
import { McpStdioTransport } from "./mcp-stdio.ts";
import type { McpSdk, McpTransport } from "./mcp-transport.ts";

/** What servers are told of who speaks to them. The version is of how it is done. */
const CLIENT = { name: "heddle", version: "1" };
/** How long a server may take to say whether it speaks the newest revision: older ones may pass over the question. */
const PROBE_MS = { stdio: 2_000, http: 10_000 };
/** By these a server says that it does not speak streamable HTTP, as the specification has it. */
const NOT_STREAMABLE: readonly unknown[] = [400, 404, 405];

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

/** One way to connect: over which transport, and in which revisions of the protocol. */
type Way = {
  readonly transport: McpTransport;
  readonly mode: VersionNegotiationMode;
  /** How long it may take to say whether it speaks the newest revision. */
  readonly probeMs: number;
};

/** Why a way has led nowhere. */
type Failure = { readonly error: unknown; readonly transport: McpTransport };

/**
 * Connects, in the newest revision of the protocol that both speak. Nothing is left of a try that has failed.
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
  const { connectMs } = source;
  const late = new AbortController();
  const timer = serverTimer(clock, connectMs, access, () => late.abort());
  const stop = AbortSignal.any([signal, late.signal]);
  try {
    const { server } = source;
    const open: Open = (way) => openWay(sdk, way, stop);
    const opened =
      "url" in server
        ? await openHttp((Transport) => new Transport(server, sdk, clock, access), open)
        : await openStdio(() => new McpStdioTransport(server, sdk, clock), open);
    if ("client" in opened) return opened;
    signal.throwIfAborted();
    const lateMs = opened.error === late.signal.reason ? connectMs : undefined;
    throw failures.notConnected(opened.error, opened.transport, lateMs);
  } finally {
    timer.cancel();
  }
}

/** Opens one way. */
type Open = (way: Way) => Promise<McpLink | Failure>;

async function openStdio(transport: () => McpTransport, open: Open): Promise<McpLink | Failure> {
  const first = await open({ transport: transport(), mode: "auto", probeMs: PROBE_MS.stdio });
  if ("client" in first) return first;
  // Some older ones end when the first thing they are asked is not to initialize.
  if (first.transport.end?.details["exitCode"] !== undefined) {
    return await open({ transport: transport(), mode: "legacy", probeMs: 0 });
  }
  if (!isRpcError(first.error)) return first;
  // It may have been too slow to say that it speaks the newest revision, and refuses the others.
  const mode = { pin: "2026-07-28" };
  const second = await open({ transport: transport(), mode, probeMs: MAX_TIMER_MS });
  return "client" in second ? second : first;
}

async function openHttp(
  transport: (of: typeof McpHttpTransport | typeof McpSseTransport) => McpTransport,
  open: Open,
): Promise<McpLink | Failure> {
  const streamable = () => transport(McpHttpTransport);
  const first = await open({ transport: streamable(), mode: "auto", probeMs: PROBE_MS.http });
  if ("client" in first) return first;
  if (isSilent(first)) return await open({ transport: streamable(), mode: "legacy", probeMs: 0 });
  if (!isNotStreamable(first)) return first;
  const second = await open({ transport: transport(McpSseTransport), mode: "legacy", probeMs: 0 });
  // What the first has failed of says more.
  return "client" in second ? second : first;
}

function isNotStreamable({ error }: Failure): boolean {
  return NOT_STREAMABLE.includes((Object(error) as { status?: unknown }).status);
}

function isSilent({ error }: Failure): boolean {
  return (Object(error) as { code?: unknown }).code === "REQUEST_TIMEOUT";
}

function isRpcError(error: unknown): boolean {
  return typeof (Object(error) as { code?: unknown }).code === "number";
}

async function openWay(
  sdk: McpSdk,
  { transport, mode, probeMs }: Way,
  signal: AbortSignal,
): Promise<McpLink | Failure> {
  // No capabilities: a server that asks for roots, a model or a person is told that there are none.
  const client = new sdk.Client(CLIENT, {
    capabilities: { elicitation: { form: {} } },
    versionNegotiation: { mode, probe: { timeoutMs: probeMs } },
  });
  try {
    signal.throwIfAborted();
    const options = { signal, timeout: MAX_TIMER_MS };
    await orAborted(client.connect(transport, options), signal);
    return { client, transport };
  } catch (error) {
    await transport.close();
    return { error, transport };
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
