type Fields = { readonly [keyword: string]: unknown };

const KEY = "x-mcp-header";
/** What stands behind these is data, not a schema. */
const DATA: readonly string[] = ["const", "default", "enum", "examples"];
const TYPES: readonly unknown[] = ["string", "integer", "boolean"];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Why a tool cannot be called over HTTP; undefined: it can. Since 2026-07-28 a schema may say that an argument is sent in a header, too
 * (`x-mcp-header`), and a client has to leave out tools whose schemas break the rules for that. Pure.
 */
export function headerFault(schema: unknown): string | undefined {
  return faultIn(schema, "arguments", new Set());
}

/** Where a header can be asked for: at a property of the arguments, or of such a property, at any depth. */
type Place = "arguments" | "property" | "nowhere";

function faultIn(node: unknown, place: Place, names: Set<string>): string | undefined {
  if (Array.isArray(node)) return firstFault(node, (one) => faultIn(one, "nowhere", names));
  if (typeof node !== "object" || node === null) return undefined;
  const schema = node as Fields;
  const own = KEY in schema ? ownFault(schema, place, names) : undefined;
  if (own !== undefined) return own;
  return firstFault(Object.entries(schema), ([keyword, value]) => {
    if (DATA.includes(keyword) || typeof value !== "object" || value === null) return undefined;
    if (keyword !== "properties") return faultIn(value, "nowhere", names);
    const within = place === "nowhere" ? "nowhere" : "property";
    return firstFault(Object.values(value), (one) => faultIn(one, within, names));
  });
}

function ownFault(schema: Fields, place: Place, names: Set<string>): string | undefined {
  const { [KEY]: header, type } = schema;
  if (typeof header !== "string" || !TOKEN.test(header)) return `${KEY} is no name of a header`;
  if (place !== "property") return `${KEY} "${header}" is not at a property of the arguments`;
  if (!TYPES.includes(type)) return `${KEY} "${header}" is not at a string, integer or boolean`;
  if (names.has(header.toLowerCase())) return `${KEY} "${header}" is there twice`;
  names.add(header.toLowerCase());
  return undefined;
}

function firstFault<T>(
  all: readonly T[],
  faultOf: (one: T) => string | undefined,
): string | undefined {
  for (const one of all) {
    const fault = faultOf(one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
