import { isKeySource } from "../../network/keys/key-source.ts";
import { openKeys } from "../../network/keys/open-keys.ts";
import type { McpAuth } from "../../tools/mcp/auth.ts";
import type { McpHttpServer, McpSource } from "../../tools/mcp/descriptor.ts";
import type { Clock } from "../../transport/clock.ts";
import type { McpTokenSource } from "./mcp-access.ts";
import { McpAccess } from "./mcp-access.ts";
import { mcpAuthFetch } from "./mcp-auth-fetch.ts";
import { ClientTokens } from "./mcp-client-tokens.ts";
import type { McpFailures } from "./mcp-failures.ts";
import { GivenToken } from "./mcp-given-token.ts";
import type { McpHost } from "./mcp-host.ts";
import { KeptToken } from "./mcp-kept-token.ts";
import { SignedInTokens } from "./mcp-signed-in.ts";
import { mcpAccount, TokenShelf } from "./mcp-token-shelf.ts";

/** Whose connections they are. */
export type McpOwner = { readonly session: string; readonly host: McpHost };

export type AccessOptions = {
  readonly source: Pick<McpSource, "name" | "server">;
  readonly owner: McpOwner;
  readonly failures: McpFailures;
  readonly clock: Clock;
  /** Aborts when the session is closed. */
  readonly signal: AbortSignal;
};

/** How the requests of one connection are authorised; undefined: not at all. Nothing is asked for yet. */
export function openAccess(options: AccessOptions): McpAccess | undefined {
  const { source, failures } = options;
  const { server } = source;
  if (!("url" in server) || server.auth === undefined) return undefined;
  return new McpAccess(tokensOf(server.auth, server.url, options), failures);
}

function tokensOf(
  auth: McpAuth,
  url: string,
  { source, owner, failures, clock, signal }: AccessOptions,
): McpTokenSource {
  if ("token" in auth) {
    const { token } = auth;
    if (!isKeySource(token)) return new GivenToken(token, failures);
    return new KeptToken(openKeys(token, process.env, clock), failures, signal);
  }
  const onLate = () => failures.refused("has an authorization server that does not answer");
  const { network } = source.server as McpHttpServer;
  const fetch = mcpAuthFetch({ clock, signal, onLate, network });
  if (auth.type !== "authorization-code") return new ClientTokens({ url, auth, failures, fetch });
  const { authorize, tokens } = owner.host;
  const account = mcpAccount(owner.session, source.name, url, auth);
  const shelf = new TokenShelf(account, tokens, failures);
  const parts = { account, auth, authorize, shelf, failures, fetch, clock, signal };
  return new SignedInTokens(parts);
}
