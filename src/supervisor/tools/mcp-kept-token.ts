import { HeddleError } from "../../errors.ts";
import type { KeyKeeper } from "../../network/keys/key-keeper.ts";
import type { McpChallenge, McpTokenSource } from "./mcp-access.ts";
import type { McpFailures } from "./mcp-failures.ts";

/** A token that comes from a module, a command or a file. */
export class KeptToken implements McpTokenSource {
  readonly asking = undefined;
  readonly #keys: KeyKeeper;
  readonly #failures: McpFailures;
  readonly #signal: AbortSignal;
  #latest = "";

  /** Takes ownership of `keys`. @param signal aborts when the session is closed. */
  constructor(keys: KeyKeeper, failures: McpFailures, signal: AbortSignal) {
    this.#keys = keys;
    this.#failures = failures;
    this.#signal = signal;
  }

  async current(): Promise<string> {
    return this.#noted(await this.#had(this.#keys.current(this.#signal)));
  }

  async renew({ isStepUp, scope = "none that it names" }: McpChallenge): Promise<void> {
    if (isStepUp) {
      const what = `demands a scope that the token does not have: ${scope}`;
      throw this.#failures.refused(`${what}; have auth.token give one that has it`, { scope });
    }
    const another = await this.#had(this.#keys.after(this.#latest, this.#signal));
    if (another === undefined) {
      const what = "has refused the token, and auth.token has given the same one again";
      throw this.#failures.refused(`${what}; have it give one that is valid now`);
    }
    this.#noted(another);
  }

  /** Ends the command that is under way, if there is one. */
  close(): Promise<void> {
    return this.#keys.close();
  }

  #noted(token: string): string {
    this.#latest = token;
    this.#failures.conceal(token);
    return token;
  }

  async #had<T>(fetched: Promise<T>): Promise<T> {
    try {
      return await fetched;
    } catch (error) {
      this.#signal.throwIfAborted();
      const why = HeddleError.is(error) ? error.message : String(error);
      throw this.#failures.refused(`cannot be called: ${why}`);
    }
  }
}
