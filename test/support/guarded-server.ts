import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { LocalServer } from "../cli/support/local-server.ts";

type Grant = { readonly user: string; readonly scope: string };
type Code = Grant & { readonly challenge: string; readonly redirectUri: string };
type Rpc = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string };
};

/** What a server of the same kind may do otherwise. */
export type GuardedOptions = {
  /** By id. Left out: clients register themselves. */
  readonly clients?: { readonly [id: string]: string };
  /** The page to sign in, in place of the server's own. */
  readonly page?: string;
};

/**
 * An MCP server that wants a token, with its own authorization server, on one port: PKCE, dynamic registration, refresh tokens that are
 * used once, client credentials, scopes. Its tool `whoami` says whose token it was called with, `write` wants the scope "write", and
 * `echo` fails with the header that it was sent. Whoever opens its page is signed in at once.
 */
export class GuardedServer implements AsyncDisposable {
  /** Token requests, by grant. */
  readonly granted: string[] = [];
  /** The tokens that calls have come with, in order. */
  readonly seen: string[] = [];
  /** Scopes that were asked for, page by page. */
  readonly scopes: (string | null)[] = [];
  registrations = 0;
  /** The next user that signs in. */
  user = "alice";
  readonly #options: GuardedOptions;
  readonly #server: LocalServer;
  readonly #codes = new Map<string, Code>();
  readonly #tokens = new Map<string, Grant>();
  readonly #refresh = new Map<string, Grant>();
  readonly #secrets = new Map<string, string>();

  private constructor(server: LocalServer, options: GuardedOptions) {
    this.#server = server;
    this.#options = options;
    for (const client of Object.entries(options.clients ?? {})) this.#secrets.set(...client);
  }

  static async start(options: GuardedOptions = {}): Promise<GuardedServer> {
    const server: GuardedServer = new GuardedServer(
      await LocalServer.start((request, response) => void server.#serve(request, response)),
      options,
    );
    return server;
  }

  get origin(): string {
    return new URL(this.#server.url).origin;
  }

  get url(): string {
    return `${this.origin}/mcp`;
  }

  /** Everything that must be shown nowhere. */
  get secrets(): readonly string[] {
    const codes = [...this.#codes.keys(), ...this.#secrets.values()];
    return [...this.#tokens.keys(), ...this.#refresh.keys(), ...codes, ...this.seen];
  }

  /** From now on no access token is good that was given before. */
  expire(): void {
    this.#tokens.clear();
  }

  /** And no refresh token. */
  revoke(): void {
    this.expire();
    this.#refresh.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", this.origin);
    const body = await text(request);
    const json = (status: number, value: object, headers: object = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(value));
    };
    switch (url.pathname) {
      case "/.well-known/oauth-protected-resource/mcp":
        json(200, { resource: this.url, authorization_servers: [this.origin] });
        break;
      case "/.well-known/oauth-authorization-server":
        json(200, this.#metadata());
        break;
      case "/register":
        this.registrations += 1;
        json(201, this.#register(JSON.parse(body)));
        break;
      case "/authorize":
        response.writeHead(302, { location: this.#page(url.searchParams) }).end();
        break;
      case "/token": {
        const answer = this.#token(new URLSearchParams(body), request.headers.authorization);
        json("error" in answer ? 400 : 200, answer);
        break;
      }
      case "/mcp":
        this.#mcp(request, body, response, json);
        break;
      default:
        response.writeHead(404).end();
    }
  }

  #metadata(): object {
    return {
      issuer: this.origin,
      authorization_endpoint: this.#options.page ?? `${this.origin}/authorize`,
      token_endpoint: `${this.origin}/token`,
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["client_secret_post"],
      ...(this.#options.clients ? {} : { registration_endpoint: `${this.origin}/register` }),
    };
  }

  #register(client: object): object {
    const client_id = `client-${randomUUID()}`;
    const client_secret = `registered-secret-${randomUUID()}`;
    this.#secrets.set(client_id, client_secret);
    return { ...client, client_id, client_secret };
  }

  /** Where the browser is sent: back, with a code. */
  #page(query: URLSearchParams): string {
    const code = `code-${randomUUID()}`;
    const redirectUri = query.get("redirect_uri") ?? "";
    const scope = query.get("scope") ?? "";
    this.scopes.push(query.get("scope"));
    const challenge = query.get("code_challenge") ?? "";
    this.#codes.set(code, { user: this.user, scope, challenge, redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state") ?? "");
    return back.href;
  }

  #token(form: URLSearchParams, authorization = ""): object {
    const grant = form.get("grant_type") ?? "";
    this.granted.push(grant);
    const secret = form.get("client_secret") ?? "";
    if (this.#secrets.get(form.get("client_id") ?? "") !== secret) {
      const error_description = `no such client, with ${secret} ${authorization}`;
      return { error: "invalid_client", error_description };
    }
    if (grant === "client_credentials") {
      return this.#give({ user: form.get("client_id") ?? "", scope: form.get("scope") ?? "" });
    }
    const given = form.get(grant === "refresh_token" ? "refresh_token" : "code") ?? "";
    const found = grant === "refresh_token" ? this.#refresh.get(given) : this.#codeOf(given, form);
    this.#refresh.delete(given);
    this.#codes.delete(given);
    // As careless servers do: what was refused is in the reason.
    if (!found) return { error: "invalid_grant", error_description: `unknown: ${given}` };
    return { ...this.#give(found), refresh_token: this.#keep(this.#refresh, "refresh", found) };
  }

  #codeOf(given: string, form: URLSearchParams): Grant | undefined {
    const code = this.#codes.get(given);
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const isGood = code?.challenge === challenge && code.redirectUri === form.get("redirect_uri");
    return isGood ? code : undefined;
  }

  #give(grant: Grant): object {
    const access_token = this.#keep(this.#tokens, "access", grant);
    return { access_token, token_type: "Bearer", expires_in: 3_600, scope: grant.scope };
  }

  #keep(where: Map<string, Grant>, kind: string, { user, scope }: Grant): string {
    const token = `${kind}-token-of-${user}-${randomUUID()}`;
    where.set(token, { user, scope });
    return token;
  }

  #mcp(
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
    json: (status: number, value: object, headers?: object) => void,
  ): void {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    const grant = this.#tokens.get(token);
    if (!grant) {
      const metadata = `${this.origin}/.well-known/oauth-protected-resource/mcp`;
      const challenge = `Bearer resource_metadata="${metadata}"`;
      json(401, { error: `no such token: ${token}` }, { "www-authenticate": challenge });
      return;
    }
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    const message: Rpc = JSON.parse(body);
    if (message.method === "tools/call") this.seen.push(token);
    if (message.params?.name === "write" && !grant.scope.includes("write")) {
      const challenge = `Bearer error="insufficient_scope", scope="write"`;
      json(403, { error: "insufficient_scope" }, { "www-authenticate": challenge });
      return;
    }
    if (message.params?.name === "echo") json(500, { said: request.headers.authorization });
    else if (message.id === undefined) response.writeHead(202).end();
    else json(200, { jsonrpc: "2.0", id: message.id, result: resultOf(message, grant) });
  }
}

function resultOf({ method, params }: Rpc, { user }: Grant): object {
  const inputSchema = { type: "object" };
  const annotations = { readOnlyHint: true };
  switch (method) {
    case "initialize":
      return {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "guarded", version: "1" },
      };
    case "tools/list":
      return {
        tools: ["whoami", "write", "echo"].map((name) => ({ name, inputSchema, annotations })),
      };
    default:
      return { content: [{ type: "text", text: `${params?.name}: ${user}` }] };
  }
}
