import type { KeySource } from "../../network/keys/key-source.ts";
import type { McpTokenAuth } from "../../tools/mcp/auth.ts";
import { isBearerToken } from "../../tools/mcp/check-auth.ts";
import type { McpChallenge, McpTokenSource } from "./mcp-access.ts";
import type { McpFailures } from "./mcp-failures.ts";

type GivenTokenSource = Exclude<McpTokenAuth["token"], KeySource>;

/** A token that the host program gives. It is kept until the server refuses it. */
export class GivenToken implements McpTokenSource {
  readonly asking = undefined;
  readonly #given: GivenTokenSource;
  readonly #failures: McpFailures;
  #token: Promise<string> | undefined;

  constructor(token: GivenTokenSource, failures: McpFailures) {
    this.#given = token;
    this.#failures = failures;
  }

  current(): Promise<string> {
    this.#token ??= this.#get().catch((error: unknown) => {
      this.#token = undefined;
      throw error;
    });
    return this.#token;
  }

  async renew({ isStepUp, scope = "none that it names" }: McpChallenge): Promise<void> {
    if (isStepUp) {
      const what = `demands a scope that the token does not have: ${scope}`;
      throw this.#failures.refused(`${what}; give mcp() one that has it`, { scope });
    }
    if (typeof this.#given === "string") {
      throw this.#failures.refused("has refused auth.token; give mcp() another one");
    }
    const refused = await this.#token;
    this.#token = undefined;
    if ((await this.current()) !== refused) return;
    this.#token = undefined;
    const what = "has refused the token, and auth.token() has given the same one again";
    throw this.#failures.refused(`${what}; have it return one that is valid now`);
  }

  async #get(): Promise<string> {
    const given = this.#given;
    if (typeof given === "string") return given;
    const token = await (async () => given())().catch((error: unknown) => {
      throw this.#failures.refusedBy("cannot be called, because auth.token() has failed", error);
    });
    if (typeof token !== "string" || !isBearerToken(token)) {
      const what = "cannot be called, because auth.token() has not returned a bearer token";
      throw this.#failures.refused(`${what}: a string of visible ASCII characters`);
    }
    this.#failures.conceal(token);
    return token;
  }
}
