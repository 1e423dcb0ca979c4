/*
 * What OpenAI's strict mode takes is less than JSON Schema. A schema that it does not take is refused with the whole request, so
 * whatever is not known to be taken is sent without `strict`.
 */

type Node = { readonly [keyword: string]: unknown };

const KEYWORDS: ReadonlySet<string> = new Set([
  "$schema",
  "$defs",
  "definitions",
  "title",
  "description",
  "type",
  "enum",
  "const",
  "anyOf",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "minItems",
  "maxItems",
  "pattern",
  "format",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  undefined,
  "date-time",
  "date",
  "time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uuid",
]);
/** A pattern that looks ahead or back. */
const LOOKAROUND = /\(\?<?[=!]/;
const MAX_DEPTH = 10;

/**
 * Whether strict mode takes `schema`: an object at the top; all properties of objects required, and no others allowed, at each level;
 * no keyword beside those that it knows. No deeper than 10 levels.
 */
export function isStrictSchema(schema: unknown): boolean {
  return (
    isNode(schema) && schema["type"] === "object" && !("anyOf" in schema) && isStrict(schema, 0)
  );
}

function isStrict(schema: unknown, depth: number): boolean {
  if (!isNode(schema) || depth > MAX_DEPTH) return false;
  if ("$ref" in schema) return Object.keys(schema).length === 1;
  const isKnown = Object.keys(schema).every((keyword) => KEYWORDS.has(keyword));
  if (!isKnown || !FORMATS.has(schema["format"]) || !saysWhat(schema)) return false;
  if (LOOKAROUND.test(String(schema["pattern"] ?? ""))) return false;
  if (hasType(schema, "object") && !isClosed(schema)) return false;
  if (hasType(schema, "array") && !("items" in schema)) return false;
  return partsOf(schema).every((part) => isStrict(part, depth + 1));
}

/** A schema for anything is not taken. */
function saysWhat(schema: Node): boolean {
  return ["type", "anyOf", "enum", "const"].some((keyword) => keyword in schema);
}

function hasType(schema: Node, type: string): boolean {
  const given = schema["type"];
  return Array.isArray(given) ? given.includes(type) : given === type;
}

function isClosed(schema: Node): boolean {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (additionalProperties !== false || !isNode(properties) || !Array.isArray(required))
    return false;
  return Object.keys(properties).every((name) => required.includes(name));
}

/** The schemas in it; undefined for what should be one and is none. */
function partsOf(schema: Node): readonly unknown[] {
  const { properties, $defs, definitions, anyOf, items } = schema;
  const named = [properties, $defs, definitions].flatMap((given) => {
    if (given === undefined) return [];
    return isNode(given) ? Object.values(given) : [undefined];
  });
  const choices = anyOf === undefined || Array.isArray(anyOf) ? (anyOf ?? []) : [undefined];
  return [...named, ...choices, ...("items" in schema ? [items] : [])];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
