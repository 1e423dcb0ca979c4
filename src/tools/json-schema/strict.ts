import type { SchemaNode } from "./keywords.ts";
import { isNode, partsOf } from "./keywords.ts";

/*
 * What servers take in strict mode is less than JSON Schema, and differs little between them: this is OpenAI's, which others follow.
 */

const KEYWORDS: ReadonlySet<string> = new Set([
  ...["$ref", "$defs", "title", "description", "type", "enum", "const", "anyOf"],
  ...["properties", "required", "additionalProperties", "items", "minItems", "maxItems"],
  ...["pattern", "format", "multipleOf"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  ...["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"],
]);
const MAX_DEPTH = 10;

/** Why servers do not take `schema`, as it is sent, in strict mode: the first reason, with its place; undefined: they take it. */
export function whyNotStrict(schema: SchemaNode): string | undefined {
  if (schema["type"] !== "object" || "anyOf" in schema) return "its root is not one object";
  return reasonIn(schema, "", 0);
}

function reasonIn(part: unknown, at: string, depth: number): string | undefined {
  const place = at === "" ? "its root" : at.slice(1);
  if (!isNode(part)) return `${place} is true or false`;
  if (depth > MAX_DEPTH) return `it has more than ${MAX_DEPTH} levels`;
  const own = ownReason(part);
  if (own !== undefined) return `${place} ${own}`;
  for (const { at: below, value } of partsOf(part)) {
    if (below === ".additionalProperties") continue;
    const reason = reasonIn(value, at + below, depth + 1);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function ownReason(node: SchemaNode): string | undefined {
  if ("$ref" in node) {
    return Object.keys(node).length === 1 ? undefined : "has something next to its $ref";
  }
  const unknown = Object.keys(node).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined) return `has "${unknown}"`;
  if ("format" in node && !FORMATS.has(node["format"])) return `has the format "${node["format"]}"`;
  const saysWhat = ["type", "anyOf", "enum", "const"].some((keyword) => keyword in node);
  if (!saysWhat) return "allows anything";
  if ([node["type"]].flat().includes("object")) return openReason(node);
  return undefined;
}

function openReason({
  properties = {},
  required,
  additionalProperties,
}: SchemaNode): string | undefined {
  if (additionalProperties !== false) return "must have additionalProperties: false";
  const names = Array.isArray(required) ? required : [];
  const optional = Object.keys(properties as SchemaNode).filter((name) => !names.includes(name));
  if (optional.length === 0) return undefined;
  return `must require all its properties, and does not require ${optional.join(", ")}`;
}
