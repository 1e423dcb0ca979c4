import { orAborted } from "../../transport/aborted.ts";
import type { Clock } from "../../transport/clock.ts";
import type { FetchedKey } from "./key-source.ts";

/** How much before its end a key is fetched again. */
const MARGIN_MS = 60_000;
/** For how many keys it is remembered that they are secret. */
const KNOWN_KEYS = 4;

type KeyKeeperOptions = {
  /** @throws {HeddleError} why there is no key. */
  readonly fetch: (signal: AbortSignal) => Promise<FetchedKey>;
  /** How long a key is used that does not say when it ends. */
  readonly refreshMs: number;
  readonly clock: Clock;
};

/**
 * Keeps a key that changes. It is fetched for all who wait for it at once, and never twice at the same time.
 *
 * A failed fetch fails those who wait for it, and is tried again by the next who asks.
 */
export class KeyKeeper {
  readonly #options: KeyKeeperOptions;
  readonly #closed = new AbortController();
  readonly #known: string[] = [];
  #key: { readonly text: string; readonly freshUntilMs: number } | undefined;
  #fetching: Promise<string> | undefined;

  constructor(options: KeyKeeperOptions) {
    this.#options = options;
  }

  /** The latest keys: what no error may hold. */
  get known(): readonly string[] {
    return this.#known;
  }

  /** @throws {HeddleError} why there is no key; what the signal says when it aborts. */
  async current(signal: AbortSignal): Promise<string> {
    const { clock } = this.#options;
    if (this.#key && clock.now() < this.#key.freshUntilMs) return this.#key.text;
    return await orAborted(this.#fetch(), signal);
  }

  /**
   * The key to try once more with after a server has refused `refused`; undefined when there is no other.
   *
   * @throws {HeddleError} why there is no key; what the signal says when it aborts.
   */
  async after(refused: string, signal: AbortSignal): Promise<string | undefined> {
    // Another request has had it fetched already.
    if (this.#key && this.#key.text !== refused) return await this.current(signal);
    this.#key = undefined;
    const key = await orAborted(this.#fetch(), signal);
    return key === refused ? undefined : key;
  }

  /**
   * Sends with the key as it is now; and once more with the next one, where the server refuses that and there is another.
   *
   * @param isRefused whether the server has refused the key.
   * @throws {HeddleError} why there is no key; what `send` throws.
   */
  async use<T>(
    signal: AbortSignal,
    isRefused: (error: unknown) => boolean,
    send: (key: string) => Promise<T>,
  ): Promise<T> {
    const key = await this.current(signal);
    try {
      return await send(key);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const another = await this.after(key, signal);
      if (another === undefined) throw error;
      return await send(another);
    }
  }

  /** Ends a fetch that is under way, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#fetching?.catch(() => {});
  }

  #fetch(): Promise<string> {
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchOnce(): Promise<string> {
    const { fetch, refreshMs, clock } = this.#options;
    const { key, expiresAtMs } = await fetch(this.#closed.signal);
    const nowMs = clock.now();
    const leftMs = expiresAtMs === undefined ? refreshMs : expiresAtMs - nowMs;
    const marginMs = expiresAtMs === undefined ? 0 : Math.min(MARGIN_MS, leftMs / 10);
    this.#key = { text: key, freshUntilMs: nowMs + leftMs - marginMs };
    if (!this.#known.includes(key)) this.#known.unshift(key);
    this.#known.length = Math.min(this.#known.length, KNOWN_KEYS);
    return key;
  }
}
