import { randomUUID } from "node:crypto";
import type {
  AuthOptions,
  FetchLike,
  OAuthClientProvider,
  OAuthDiscoveryState,
} from "@modelcontextprotocol/client";
import type { McpSignInAuth } from "../../tools/mcp/auth.ts";
import { orAborted } from "../../transport/aborted.ts";
import type { Clock } from "../../transport/clock.ts";
import { given } from "../check.ts";
import type { McpChallenge, McpTokenSource } from "./mcp-access.ts";
import type { McpFailures } from "./mcp-failures.ts";
import type { McpAccount, McpHost } from "./mcp-host.ts";
import type { TokenShelf } from "./mcp-token-shelf.ts";
import type { McpSdk } from "./mcp-transport.ts";

const SIGN_IN_MS = 300_000;

export type SignedInOptions = {
  readonly account: McpAccount;
  readonly auth: McpSignInAuth;
  readonly authorize: McpHost["authorize"];
  readonly shelf: TokenShelf;
  readonly failures: McpFailures;
  readonly fetch: FetchLike;
  readonly clock: Clock;
  /** Aborts when the session is closed. */
  readonly signal: AbortSignal;
};

/** What one way to a token remembers until it is there. */
type Errand = {
  readonly state: string;
  verifier: string;
  page: URL | undefined;
  discovered: OAuthDiscoveryState | undefined;
};

/** Tokens of a person who has signed in: kept, refreshed, and asked for when nothing else is left. */
export class SignedInTokens implements McpTokenSource {
  readonly #options: SignedInOptions;
  #asking: Promise<unknown> | undefined;

  constructor(options: SignedInOptions) {
    this.#options = options;
  }

  get asking(): Promise<unknown> | undefined {
    return this.#asking;
  }

  async current(): Promise<string | undefined> {
    return (await this.#options.shelf.shelved()).tokens?.access_token;
  }

  async renew(challenge: McpChallenge, sdk: McpSdk): Promise<void> {
    const { auth, shelf, failures, fetch, account } = this.#options;
    // Another process may have used up the refresh token that is known here.
    await shelf.reload();
    const errand: Errand = {
      state: randomUUID(),
      verifier: "",
      page: undefined,
      discovered: undefined,
    };
    const provider = providerOf(auth, shelf, errand);
    const { resourceMetadataUrl, isStepUp: forceReauthorization } = challenge;
    const scope = sdk.computeScopeUnion(challenge.scope, auth.scope);
    const options: AuthOptions = {
      ...{ serverUrl: account.url, fetchFn: fetch, forceReauthorization },
      ...given({ scope, resourceMetadataUrl }),
    };
    try {
      if ((await sdk.auth(provider, options)) === "AUTHORIZED") return;
      const callback = await this.#signIn(errand.page);
      const code = this.#checked(callback, errand, sdk);
      await sdk.auth(provider, { ...options, ...code });
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw failures.refusedBy("could not be signed in to", error);
    }
  }

  /** Has the host show the page. */
  async #signIn(page: URL | undefined): Promise<URLSearchParams> {
    const { account, auth, failures, clock, authorize } = this.#options;
    if (!page || !["http:", "https:"].includes(page.protocol)) {
      throw failures.refused("names a page to sign in that is neither http: nor https:");
    }
    if (!authorize) {
      const mend = "give Supervisor.start() an mcp.authorize that shows the page";
      throw failures.required(`wants somebody to sign in, and nobody can be asked; ${mend}`);
    }
    const { signInMs = SIGN_IN_MS } = auth;
    const late = new AbortController();
    const timer = clock.setTimer(signInMs, () => {
      const mend = "run it again, or raise auth.signInMs";
      late.abort(failures.required(`was not signed in to within ${signInMs} ms; ${mend}`));
    });
    const signal = AbortSignal.any([late.signal, this.#options.signal]);
    const { server, session } = account;
    const over = Promise.withResolvers<void>();
    this.#asking = over.promise;
    try {
      const asked = (async () => authorize(page, { server, session, signal }))();
      const back = URL.parse(await orAborted(asked, signal));
      if (back) return back.searchParams;
      throw failures.refused("was not signed in to: mcp.authorize has not returned a URL");
    } finally {
      this.#asking = undefined;
      over.resolve();
      timer.cancel();
    }
  }

  /** The code that the browser has come back with. */
  #checked(
    callback: URLSearchParams,
    { state, discovered }: Errand,
    sdk: McpSdk,
  ): Pick<AuthOptions, "authorizationCode" | "iss"> {
    const { failures } = this.#options;
    if (callback.get("state") !== state) {
      const what =
        "was not signed in to: the URL that mcp.authorize has returned is not the answer";
      throw failures.refused(`${what} to its page (its state is another one)`);
    }
    const metadata = discovered?.authorizationServerMetadata;
    const iss = callback.get("iss") ?? undefined;
    // First: what another server says is not to be shown.
    sdk.validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata?.issuer,
      issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
    });
    const code = callback.get("code");
    if (code !== null) {
      failures.conceal(code);
      return { authorizationCode: code, ...given({ iss }) };
    }
    const oauthError = callback.get("error") ?? "no code";
    const why = callback.get("error_description");
    const what = `was not signed in to: ${oauthError}${why === null ? "" : ` (${why})`}`;
    throw failures.refused(what, { oauthError });
  }
}

/** The client as the SDK's machinery knows it, for one errand. One that was registered by hand is never registered again. */
function providerOf(auth: McpSignInAuth, shelf: TokenShelf, errand: Errand): OAuthClientProvider {
  const { redirectUrl, clientId, clientSecret, clientMetadataUrl, issuer, scope } = auth;
  const registered =
    clientId === undefined
      ? undefined
      : { client_id: clientId, ...given({ client_secret: clientSecret, issuer }) };
  const registering: Partial<OAuthClientProvider> = registered
    ? {}
    : { saveClientInformation: (client) => shelf.put({ client }) };
  return {
    redirectUrl,
    ...given({ clientMetadataUrl: clientMetadataUrl?.toString() }),
    clientMetadata: {
      client_name: auth.clientName ?? "heddle",
      redirect_uris: [String(redirectUrl)],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      ...given({ scope }),
    },
    state: () => errand.state,
    clientInformation: async () => registered ?? (await shelf.shelved()).client,
    ...registering,
    tokens: async () => (await shelf.shelved()).tokens,
    saveTokens: (tokens) => shelf.put({ tokens }),
    redirectToAuthorization: (page) => {
      errand.page = page;
    },
    saveCodeVerifier: (verifier) => {
      errand.verifier = verifier;
    },
    codeVerifier: () => errand.verifier,
    saveDiscoveryState: (discovered) => {
      errand.discovered = discovered;
    },
    discoveryState: () => errand.discovered,
    invalidateCredentials: async (what) => {
      if (what === "all" || what === "client") await shelf.put({ client: undefined });
      if (what === "all" || what === "tokens") await shelf.dropTokens();
    },
  };
}
