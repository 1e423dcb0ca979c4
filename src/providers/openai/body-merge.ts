import { isDeepStrictEqual } from "node:util";
import { HeddleError } from "../../errors.ts";
import type { Json, JsonObject, ModelSettings } from "../../protocol/model.ts";
import { asObject } from "./untrusted.ts";

/** Fields without which Heddle cannot do what it promises, also where a request does not have them. */
const OWNED: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "input",
  "instructions",
  "stream",
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "response_format",
  "n",
  "store",
  "background",
  "previous_response_id",
  "conversation",
]);

/** The first of the fields of `extra` that it may not have; undefined if there is none. */
export function ownedField(extra: JsonObject): string | undefined {
  return Object.keys(extra).find((name) => OWNED.has(name));
}

/** The fields that a request is to have beside Heddle's own: the provider's, under the call's, under those for this provider. */
export function extraFields(
  ofProvider: JsonObject | undefined,
  { extraBody, providerOptions }: ModelSettings,
  provider: string,
): JsonObject {
  return { ...ofProvider, ...extraBody, ...providerOptions?.[provider] };
}

/**
 * `body` with the fields of `extra`. Objects are merged, and so are lists of what is to be included.
 *
 * @throws {HeddleError} `PROVIDER_BAD_REQUEST` that names the field, for one that Heddle sends itself.
 */
export function mergeBody(body: object, extra: JsonObject): object {
  const owned = ownedField(extra);
  if (owned !== undefined) throw refused(owned);
  return Object.keys(extra).length === 0 ? body : merge(body as JsonObject, extra, []);
}

function merge(body: JsonObject, extra: JsonObject, path: readonly string[]): JsonObject {
  const merged = new Map<string, Json>(Object.entries(body));
  for (const [name, value] of Object.entries(extra)) {
    const own = merged.get(name);
    merged.set(name, own === undefined ? value : mergeField(own, value, [...path, name]));
  }
  return Object.fromEntries(merged);
}

function mergeField(own: Json, value: Json, path: readonly string[]): Json {
  if (asObject(own) && asObject(value)) return merge(own as JsonObject, value as JsonObject, path);
  if (Array.isArray(own) && Array.isArray(value) && path[0] === "include") {
    return [...new Set([...own, ...value])] as readonly Json[];
  }
  if (isDeepStrictEqual(own, value)) return own;
  throw refused(path.join("."));
}

function refused(field: string): HeddleError {
  const message = `extraBody and providerOptions must not have ${field}: Heddle sends it itself; use the settings and options that it has for it`;
  return new HeddleError("PROVIDER_BAD_REQUEST", message, {
    details: { field, retryable: false },
  });
}
