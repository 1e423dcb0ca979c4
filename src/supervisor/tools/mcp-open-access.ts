import type { McpHttpServer } from "../../tools/mcp/descriptor.ts";
import type { Clock } from "../../transport/clock.ts";
import { McpAccess } from "./mcp-access.ts";
import { mcpAuthFetch } from "./mcp-auth-fetch.ts";
import { ClientTokens } from "./mcp-client-tokens.ts";
import type { McpFailures } from "./mcp-failures.ts";
import { GivenToken } from "./mcp-given-token.ts";
import type { McpHost } from "./mcp-host.ts";
import { SignedInTokens } from "./mcp-signed-in.ts";
import { mcpAccount, TokenShelf } from "./mcp-token-shelf.ts";

/** Whose connections they are. */
export type McpOwner = { readonly session: string; readonly host: McpHost };

export type AccessOptions = {
  readonly server: { readonly name: string; readonly url: string } & Pick<McpHttpServer, "auth">;
  readonly owner: McpOwner;
  readonly failures: McpFailures;
  readonly clock: Clock;
  /** Aborts when the session is closed. */
  readonly signal: AbortSignal;
};

/** How the requests of one connection are authorised; undefined: not at all. Nothing is asked for yet. */
export function openAccess(options: AccessOptions): McpAccess | undefined {
  const { server, owner, failures, clock, signal } = options;
  const { name, url, auth } = server;
  if (auth === undefined) return undefined;
  if ("token" in auth) return new McpAccess(new GivenToken(auth, failures), failures);
  const onLate = () => failures.refused("has an authorization server that does not answer");
  const fetch = mcpAuthFetch({ clock, signal, onLate });
  if (auth.type !== "authorization-code") {
    return new McpAccess(new ClientTokens({ url, auth, failures, fetch }), failures);
  }
  const { authorize, tokens } = owner.host;
  const account = mcpAccount(owner.session, name, url, auth);
  const shelf = new TokenShelf(account, tokens, failures);
  const parts = { account, auth, authorize, shelf, failures, fetch, clock, signal };
  return new McpAccess(new SignedInTokens(parts), failures);
}
