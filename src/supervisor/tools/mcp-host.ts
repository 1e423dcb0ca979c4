import { checkFields, refuse } from "../check.ts";

/** One server's place for what is secret: of one session, one server and one client. */
export type McpAccount = {
  /** The session's name. Sessions that are to find their tokens again have the same name again. */
  readonly session: string;
  /** What the server is called. */
  readonly server: string;
  readonly url: string;
  /** Different for each session, URL and client, the same in every process; 64 of `a-f` and `0-9`. */
  readonly key: string;
};

/** Keeps what lets a process that was started again go on without asking anybody to sign in. */
export interface McpTokenStore {
  /** What was saved last for this account. */
  load(account: McpAccount): string | undefined | Promise<string | undefined>;
  /** `secret` has refresh tokens in it: keep it like a password. Undefined: it is worth nothing any more, forget it. */
  save(account: McpAccount, secret: string | undefined): void | Promise<void>;
}

/** Whose sign-in it is. */
export type McpSignIn = {
  /** What the server is called. */
  readonly server: string;
  readonly session: string;
  /** Aborts when nobody waits for it any more: it has taken too long, or the session is closed. */
  readonly signal: AbortSignal;
};

/** What the host program does for MCP servers. Its functions run in the thread of the supervisor. */
export type McpHost = {
  /**
   * Has a person sign in: shows them the page at `url` (`http:` or `https:`), in a browser, and returns the URL that the browser was
   * sent back to, with all its parameters. Rejects when they will not. Asked once at a time for each server of a session.
   */
  readonly authorize?: (url: URL, signIn: McpSignIn) => string | URL | Promise<string | URL>;
  /** @defaultValue a session's own memory */
  readonly tokens?: McpTokenStore;
};

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkMcpHost(field: string, host: McpHost | undefined): void {
  checkFields(field, host, ["authorize", "tokens"]);
  const { authorize, tokens } = host ?? {};
  if (authorize !== undefined && typeof authorize !== "function") {
    refuse(`${field}.authorize`, "a function");
  }
  if (tokens === undefined) return;
  for (const method of ["load", "save"] as const) {
    if (typeof tokens?.[method] !== "function") refuse(`${field}.tokens.${method}`, "a function");
  }
}
