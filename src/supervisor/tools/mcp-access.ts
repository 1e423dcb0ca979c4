import type { AuthProvider, FetchLike } from "@modelcontextprotocol/client";
import type { HeddleError } from "../../errors.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import type { McpFailures } from "./mcp-failures.ts";
import type { McpSdk } from "./mcp-transport.ts";

/** What a server demands. */
export type McpChallenge = {
  /** Separated by blanks. */
  readonly scope: string | undefined;
  readonly resourceMetadataUrl: URL | undefined;
  /** The last token is good, and does not reach: a refresh would not widen it. */
  readonly isStepUp: boolean;
};

type Insufficient = { readonly scope?: string; readonly resourceMetadataUrl?: URL };

/** Where the tokens for one server come from. */
export interface McpTokenSource {
  /** The one to use now; undefined: the server is asked without. */
  current(): Promise<string | undefined>;
  /** Gets another. @throws {HeddleError} `MCP_AUTH_REQUIRED`, `MCP_AUTH_FAILED`. */
  renew(challenge: McpChallenge, sdk: McpSdk): Promise<void>;
  /** While a person is asked; it does not reject. */
  readonly asking: Promise<unknown> | undefined;
  /** Ends what is under way. */
  close?(): Promise<void>;
}

/** How often one request is sent again because its token does not reach. Each time the server must demand what was not asked for yet. */
const MAX_STEPS_UP = 3;

/**
 * Puts tokens on the requests to one server, over all lives of its connection.
 *
 * However many requests are refused at once, one token is asked for, and all go on with it: which one a request was refused with is known.
 */
export class McpAccess {
  readonly #source: McpTokenSource;
  readonly #failures: McpFailures;
  readonly #refused = new WeakMap<Response, string | undefined>();
  #renewal: Promise<void> | undefined;
  /** All scopes that tokens were asked for with. */
  #asked: string | undefined;

  constructor(source: McpTokenSource, failures: McpFailures) {
    this.#source = source;
    this.#failures = failures;
  }

  /** While a person is asked, no deadline of a server's counts. */
  get asking(): Promise<unknown> | undefined {
    return this.#source.asking;
  }

  /** Ends what is under way for a token. */
  async close(): Promise<void> {
    await this.#source.close?.();
  }

  /** What the client's transport asks. */
  provider(sdk: McpSdk): AuthProvider {
    return {
      token: () => this.#source.current(),
      onUnauthorized: async ({ response }) => {
        const { resourceMetadataUrl, scope } = sdk.extractWWWAuthenticateParams(response);
        this.#asked = sdk.computeScopeUnion(this.#asked, scope);
        const challenge = { resourceMetadataUrl, scope: this.#asked, isStepUp: false };
        await this.#renew(this.#refused.get(response), challenge, sdk);
      },
    };
  }

  /** Notes which token was refused; and where one does not reach, sends the request again with one that does. */
  fetch(send: FetchLike, sdk: McpSdk): FetchLike {
    return (url, init) => {
      const sendWith = (headers: Headers) => send(url, { ...init, headers });
      return this.#send(sendWith, new Headers(init?.headers), sdk, MAX_STEPS_UP);
    };
  }

  async #send(
    send: (headers: Headers) => Promise<Response>,
    headers: Headers,
    sdk: McpSdk,
    stepsLeft: number,
  ): Promise<Response> {
    const token = tokenIn(headers);
    const response = await send(headers);
    if (response.status === 401) this.#refused.set(response, token);
    const challenge = insufficient(response, sdk);
    if (token === undefined || challenge === undefined) return response;
    await response.body?.cancel();
    if (stepsLeft === 0) throw this.#unreachable(challenge.scope);
    await this.#stepUp(token, challenge, sdk);
    headers.set("authorization", `Bearer ${await this.#source.current()}`);
    return await this.#send(send, headers, sdk, stepsLeft - 1);
  }

  async #stepUp(
    refused: string,
    { scope, resourceMetadataUrl }: Insufficient,
    sdk: McpSdk,
  ): Promise<void> {
    // Another request's may reach, or one that is under way.
    if ((await this.#source.current()) !== refused) return;
    if (this.#renewal !== undefined) return await this.#renewal;
    const asked = sdk.computeScopeUnion(this.#asked, scope);
    if (!sdk.isStrictScopeSuperset(asked, this.#asked)) throw this.#unreachable(scope);
    this.#asked = asked;
    await this.#begin({ scope: asked, resourceMetadataUrl, isStepUp: true }, sdk);
  }

  async #renew(refused: string | undefined, challenge: McpChallenge, sdk: McpSdk): Promise<void> {
    const current = await this.#source.current();
    if (current !== undefined && current !== refused) return;
    await this.#begin(challenge, sdk);
  }

  #begin(challenge: McpChallenge, sdk: McpSdk): Promise<void> {
    this.#renewal ??= this.#source.renew(challenge, sdk).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  #unreachable(scope = "none that it names"): HeddleError {
    const what = `demands a scope that its token was asked for and does not have: ${scope}`;
    return this.#failures.refused(`${what}; allow it at the authorization server`, { scope });
  }
}

/** Calls `onLate` after `ms`. While a person is asked they count for nothing: they begin again with the answer. */
export function serverTimer(
  clock: Clock,
  ms: number,
  access: Pick<McpAccess, "asking"> | undefined,
  onLate: () => void,
): Timer {
  let isOver = false;
  const start = (): Timer =>
    clock.setTimer(ms, () => {
      if (access?.asking === undefined) onLate();
      else
        void access.asking.then(() => {
          if (!isOver) timer = start();
        });
    });
  let timer = start();
  return {
    cancel: () => {
      isOver = true;
      timer.cancel();
    },
  };
}

/** What a server demands whose answer says that the token does not reach; undefined: it does not say so. */
function insufficient(response: Response, sdk: McpSdk): Insufficient | undefined {
  if (response.status !== 403) return undefined;
  const challenge = sdk.extractWWWAuthenticateParams(response);
  return challenge.error === "insufficient_scope" ? challenge : undefined;
}

function tokenIn(headers: Headers): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}
