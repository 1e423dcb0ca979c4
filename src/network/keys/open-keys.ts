import type { Clock } from "../../transport/clock.ts";
import { systemClock } from "../../transport/clock.ts";
import type { Environment } from "../proxies.ts";
import { fetchKey, refreshMsOf } from "./fetch-key.ts";
import { KeyKeeper } from "./key-keeper.ts";
import type { KeySource } from "./key-source.ts";

/**
 * Keeps the key of a source. Nothing is fetched yet.
 *
 * @param env the variables that the source may have.
 */
export function openKeys(
  source: KeySource,
  env: Environment,
  clock: Clock = systemClock,
): KeyKeeper {
  return new KeyKeeper({
    fetch: (closed) => fetchKey(source, env, closed),
    refreshMs: refreshMsOf(source),
    clock,
  });
}
