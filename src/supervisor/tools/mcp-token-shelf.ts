import { createHash } from "node:crypto";
import type { StoredOAuthClientInformation, StoredOAuthTokens } from "@modelcontextprotocol/client";
import type { McpSignInAuth } from "../../tools/mcp/auth.ts";
import type { McpFailures } from "./mcp-failures.ts";
import type { McpAccount, McpTokenStore } from "./mcp-host.ts";

/** What is kept for one account. */
export type Shelved = {
  /** As the client has registered itself. */
  readonly client?: StoredOAuthClientInformation | undefined;
  readonly tokens?: StoredOAuthTokens | undefined;
};

/** What one account has, in memory and in the host's store, if it has one. Without, it is gone with the session. */
export class TokenShelf {
  readonly #account: McpAccount;
  readonly #store: McpTokenStore | undefined;
  readonly #failures: McpFailures;
  #shelved: Shelved = {};
  #loading: Promise<void> | undefined;

  constructor(account: McpAccount, store: McpTokenStore | undefined, failures: McpFailures) {
    this.#account = account;
    this.#store = store;
    this.#failures = failures;
  }

  /** Looked up in the store when it is first asked for. */
  async shelved(): Promise<Shelved> {
    this.#loading ??= this.reload();
    await this.#loading;
    return this.#shelved;
  }

  /** Looks into the store: another process may have put something there. @throws {HeddleError} `MCP_AUTH_FAILED`. */
  async reload(): Promise<void> {
    const loaded = await this.#load();
    if (loaded !== undefined) this.#keep(loaded);
  }

  /** @throws {HeddleError} `MCP_AUTH_FAILED` when the store does not take it; in memory it is kept. */
  async put(part: Shelved): Promise<void> {
    this.#keep({ ...(await this.shelved()), ...part });
    const { client, tokens } = this.#shelved;
    const secret = client || tokens ? JSON.stringify(this.#shelved) : undefined;
    await (async () => this.#store?.save(this.#account, secret))().catch((error: unknown) => {
      throw this.#failures.refusedBy("has given a token, but mcp.tokens.save() has failed", error);
    });
  }

  /** They are worth nothing any more. Those that another process has put there meanwhile may be. */
  async dropTokens(): Promise<void> {
    const before = this.#shelved.tokens?.refresh_token;
    await this.reload();
    if (this.#shelved.tokens?.refresh_token === before) await this.put({ tokens: undefined });
  }

  #keep(shelved: Shelved): void {
    this.#shelved = shelved;
    const { tokens, client } = shelved;
    const secrets = [tokens?.access_token, tokens?.refresh_token, client?.client_secret];
    for (const secret of secrets) if (secret !== undefined) this.#failures.conceal(secret);
  }

  async #load(): Promise<Shelved | undefined> {
    const what = "cannot be signed in to, because mcp.tokens.load() has";
    const text = await (async () => this.#store?.load(this.#account))().catch((error: unknown) => {
      this.#loading = undefined;
      throw this.#failures.refusedBy(`${what} failed`, error);
    });
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Shelved;
    } catch {
      // Without the cause: it shows the text.
      throw this.#failures.refused(`${what} not returned what was saved; have it return undefined`);
    }
  }
}

export function mcpAccount(
  session: string,
  server: string,
  url: string,
  { clientId, clientMetadataUrl }: McpSignInAuth,
): McpAccount {
  const whole = JSON.stringify([session, server, url, clientId ?? clientMetadataUrl ?? null]);
  return { session, server, url, key: createHash("sha256").update(whole).digest("hex") };
}
