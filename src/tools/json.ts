/**
 * `value` as JSON; undefined for what has none.
 *
 * @throws {TypeError} what JSON cannot hold: a cycle, a BigInt, and what it would leave out, show as `{}` or as a list of numbers: a function, a
 * symbol, a Map, a Set, an Error, bytes.
 */
export function toJson(value: unknown): string | undefined {
  return JSON.stringify(value, refuseUnfit);
}

/** `this` has the value as it was, before its own `toJSON`: a Buffer's makes a list of numbers. */
function refuseUnfit(this: unknown, key: string, value: unknown): unknown {
  const given = (this as { readonly [key: string]: unknown })[key];
  const kind = unfitKind(value) ?? (isBytes(given) ? "bytes" : undefined);
  if (kind === undefined) return value;
  const mend = MENDS.get(kind);
  const where = key === "" ? "" : ` ("${key}")`;
  throw new TypeError(`JSON has no ${kind}${where}${mend === undefined ? "" : `: ${mend}`}`);
}

const MENDS: ReadonlyMap<string, string> = new Map([
  ["Map", "make it an object, by Object.fromEntries(map)"],
  ["Set", "make it an array, by [...set]"],
  ["Error", "throw it, or give its message"],
  ["bytes", 'give { type: "image", mediaType: "image/png", data } or the like of a file'],
]);

function unfitKind(value: unknown): string | undefined {
  if (value instanceof Map) return "Map";
  if (value instanceof Set) return "Set";
  if (value instanceof Error) return "Error";
  if (isBytes(value)) return "bytes";
  return ["function", "symbol", "bigint"].find((kind) => kind === typeof value);
}

function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}
