/**
 * `value` as JSON; undefined for what has none.
 *
 * @throws {TypeError} what JSON cannot hold: a cycle, a BigInt, and what it would leave out or show as `{}`: a function, a symbol, a Map, a Set.
 */
export function toJson(value: unknown): string | undefined {
  return JSON.stringify(value, refuseUnfit);
}

function refuseUnfit(key: string, value: unknown): unknown {
  const kind = unfitKind(value);
  if (kind === undefined) return value;
  throw new TypeError(`JSON has no ${kind}${key === "" ? "" : ` ("${key}")`}`);
}

function unfitKind(value: unknown): string | undefined {
  if (value instanceof Map) return "Map";
  if (value instanceof Set) return "Set";
  return ["function", "symbol", "bigint"].find((kind) => kind === typeof value);
}
