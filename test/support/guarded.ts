import type { Mock } from "vitest";
import { expect, onTestFinished, vi } from "vitest";
import type { McpAuth, McpHost, McpSignInAuth } from "../../src/index.ts";
import { mcp } from "../../src/index.ts";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { loadMcpSdk } from "../../src/supervisor/tools/mcp-link.ts";
import type { McpOptions } from "../../src/tools/mcp/descriptor.ts";
import type { Clock } from "../../src/transport/clock.ts";
import { systemClock } from "../../src/transport/clock.ts";
import type { GuardedOptions } from "./guarded-server.ts";
import { GuardedServer } from "./guarded-server.ts";
import { Caller } from "./mcp.ts";

export const { signal } = new AbortController();
const redirectUrl = "http://127.0.0.1:9/callback";
export const signIn: McpSignInAuth = { type: "authorization-code", redirectUrl };

/** In place of a person with a browser. */
export async function browse(page: URL): Promise<string> {
  const response = await fetch(page, { redirect: "manual" });
  return response.headers.get("location") ?? "";
}

type Authorize = NonNullable<McpHost["authorize"]>;

/** A host whose person signs in at once. */
export function host(more: McpHost = {}): McpHost & { readonly authorize: Mock<Authorize> } {
  return { ...more, authorize: vi.fn<Authorize>(more.authorize ?? browse) };
}

export async function started(options: GuardedOptions = {}): Promise<GuardedServer> {
  const server = await GuardedServer.start(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

export function open(
  mcpHost: McpHost,
  session = "one",
  clock: Clock = systemClock,
): McpConnections {
  const owner = { session, host: mcpHost };
  const connections = new McpConnections({ clock, random: () => 0 }, loadMcpSdk, owner);
  onTestFinished(() => connections.close());
  return connections;
}

export async function connect(
  server: GuardedServer,
  connections: McpConnections,
  auth: McpAuth = signIn,
  options: McpOptions = {},
): Promise<Caller> {
  const source = mcp({ url: server.url, auth }, { name: "guarded", ...options });
  return new Caller(await connections.toolsOf(source, signal));
}

/** What an attempt fails with. It has none of the server's secrets in it. */
export async function failureOf(server: GuardedServer, attempt: Promise<unknown>): Promise<Error> {
  const failure = await attempt.then(
    () => expect.unreachable("it has not failed"),
    (error: unknown) => error as Error,
  );
  const shown = `${failure.stack} ${JSON.stringify(failure)} ${failure.cause}`;
  for (const secret of server.secrets) expect(shown).not.toContain(secret);
  return failure;
}
