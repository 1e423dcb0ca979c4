import type { FetchLike, OAuthClientProvider } from "@modelcontextprotocol/client";
import type { McpClientAuth, McpCrossAppAuth } from "../../tools/mcp/auth.ts";
import { given } from "../check.ts";
import type { McpChallenge, McpTokenSource } from "./mcp-access.ts";
import type { McpFailures } from "./mcp-failures.ts";
import type { McpSdk } from "./mcp-transport.ts";

export type ClientTokensOptions = {
  readonly url: string;
  readonly auth: McpClientAuth | McpCrossAppAuth;
  readonly failures: McpFailures;
  readonly fetch: FetchLike;
};

/** Tokens that the host program gets by its own credentials. They are kept in memory only: another one is asked for without anybody's help. */
export class ClientTokens implements McpTokenSource {
  readonly asking = undefined;
  readonly #options: ClientTokensOptions;
  #provider: OAuthClientProvider | undefined;

  constructor(options: ClientTokensOptions) {
    this.#options = options;
  }

  async current(): Promise<string | undefined> {
    return (await this.#provider?.tokens())?.access_token;
  }

  async renew({ scope: demanded, resourceMetadataUrl }: McpChallenge, sdk: McpSdk): Promise<void> {
    const { url, auth, failures, fetch } = this.#options;
    const scope = sdk.computeScopeUnion(demanded, "scope" in auth ? auth.scope : undefined);
    this.#provider ??= providerOf(auth, fetch, sdk);
    const optional = given({ scope, resourceMetadataUrl });
    try {
      await sdk.auth(this.#provider, { serverUrl: url, fetchFn: fetch, ...optional });
    } catch (error) {
      throw failures.refusedBy("has given no token for the client's credentials", error);
    }
    failures.conceal((await this.current()) ?? "");
  }
}

function providerOf(
  auth: McpClientAuth | McpCrossAppAuth,
  fetchFn: FetchLike,
  sdk: McpSdk,
): OAuthClientProvider {
  const { clientId, issuer } = auth;
  const optional = given({ expectedIssuer: issuer });
  if (auth.type === "cross-app-access") {
    const { clientSecret } = auth;
    return new sdk.CrossAppAccessProvider({
      ...{ clientId, clientSecret, fetchFn, ...optional },
      assertion: async ({ authorizationServerUrl, resourceUrl, scope }) =>
        await auth.assertion({
          authorizationServer: authorizationServerUrl,
          resource: resourceUrl,
          scope,
        }),
    });
  }
  const common = { clientId, ...optional, ...given({ scope: auth.scope }) };
  if ("clientSecret" in auth) {
    return new sdk.ClientCredentialsProvider({ ...common, clientSecret: auth.clientSecret });
  }
  const { privateKey, algorithm } = auth;
  return new sdk.PrivateKeyJwtProvider({ ...common, privateKey, algorithm });
}
