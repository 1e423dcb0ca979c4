import type { KeySource } from "../../network/keys/key-source.ts";

/** A bearer token that the host program has, or gets by itself. */
export type McpTokenAuth = {
  /**
   * The token; a function that returns it; or the module, the command or the file that it comes from, as for a provider's `apiKey`.
   *
   * A function or a source is asked when a token is first needed, and again each time the server has refused the last one (HTTP 401),
   * in the host's thread. Calls that need a token at the same time wait for one answer. The same function stands for the same server:
   * see `mcp()`.
   */
  readonly token: string | (() => string | Promise<string>) | KeySource;
};

/** A person signs in at the server's authorization server: OAuth's authorization code with PKCE. The supervisor's `mcp.authorize` shows them the page. */
export type McpSignInAuth = {
  readonly type: "authorization-code";
  /** Where the browser is sent back to, with the code. What answers there is the host program's. */
  readonly redirectUrl: string | URL;
  /** A client that was registered by hand. Left out: `clientMetadataUrl`, or else dynamic registration. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** An `https:` URL, with a path, of a client metadata document: it is the client's id where the authorization server allows that. */
  readonly clientMetadataUrl?: string | URL;
  /** What the user reads when they are asked to agree, if the client registers itself, 1 to 64 characters. @defaultValue "heddle" */
  readonly clientName?: string;
  /** Asked for, next to what the server demands; separated by blanks. @defaultValue what the server says that it supports */
  readonly scope?: string;
  /** The only authorization server that `clientId` and `clientSecret` are sent to. @defaultValue the one that the server names */
  readonly issuer?: string;
  /** How long the user may take, in ms, 1 to 2,147,483,647. @defaultValue 300_000 */
  readonly signInMs?: number;
};

/** The host program is itself the client, nobody signs in: OAuth's client credentials, with a secret or a signed assertion (`private_key_jwt`). */
export type McpClientAuth = {
  readonly type: "client-credentials";
  readonly clientId: string;
  readonly scope?: string;
  /** The only authorization server that the credentials are sent to. @defaultValue the one that the server names */
  readonly issuer?: string;
} & (
  | { readonly clientSecret: string }
  | {
      /** PKCS#8, as PEM. */
      readonly privateKey: string;
      /** As JWTs name it: `ES256`, `RS256` and the like. */
      readonly algorithm: string;
    }
);

/** What an assertion is to be made out for. */
export type McpAssertionFor = {
  readonly authorizationServer: string;
  readonly resource: string;
  readonly scope: string | undefined;
};

/** An enterprise's identity provider vouches for the user: its grant (ID-JAG) is exchanged for a token. */
export type McpCrossAppAuth = {
  readonly type: "cross-app-access";
  readonly clientId: string;
  readonly clientSecret: string;
  /** Gets the grant from the identity provider. Runs in the host's thread. */
  readonly assertion: (wanted: McpAssertionFor) => string | Promise<string>;
  /** The only authorization server that the credentials are sent to. @defaultValue the one that the server names */
  readonly issuer?: string;
};

/** How requests to an MCP server over HTTP are authorised. */
export type McpAuth = McpTokenAuth | McpSignInAuth | McpClientAuth | McpCrossAppAuth;

/** What of it must be shown nowhere. */
export function secretsOfAuth(auth: McpAuth): readonly string[] {
  if ("token" in auth) return typeof auth.token === "string" ? [auth.token] : [];
  const { clientSecret, privateKey } = auth as { clientSecret?: string; privateKey?: string };
  return [clientSecret, privateKey].filter((secret) => secret !== undefined);
}
