import { argumentsRoot } from "./arguments-root.ts";
import { withoutDoubt } from "./doubt.ts";
import { inlinedSchema } from "./inlined.ts";
import type { SchemaNode } from "./keywords.ts";
import { isNode, mapParts } from "./keywords.ts";
import type { ModernSchema } from "./modern.ts";
import { portable } from "./pattern.ts";

/**
 * A schema as models' servers take it. It says no more than `schema`, but it may say less: what it leaves out is told in a description.
 *
 * `arguments`: it is for a tool, so its root is an object with `properties` and no choices.
 */
export function sentSchema(schema: ModernSchema, use: "arguments" | "output"): SchemaNode {
  const inlined = inlinedSchema(schema);
  const { root, defs } = use === "arguments" ? argumentsRoot(inlined) : inlined;
  const sent = sentPart(root) as SchemaNode;
  if (defs.size === 0) return sent;
  const named = [...defs].map(([name, def]) => [name, sentPart(def)]);
  return { ...sent, $defs: Object.fromEntries(named) };
}

function sentPart(part: unknown): unknown {
  if (!isNode(part)) return part === false ? { not: {} } : {};
  const known = withoutDoubt(part, portable);
  // No server knows the first two, and where references are followed they would mean more.
  const { unevaluatedProperties, unevaluatedItems, additionalProperties, items, ...rest } = known;
  const { pattern, patternProperties, ...node } = mapParts(rest, sentPart);
  return {
    ...node,
    ...withFields(node, patternProperties, additionalProperties),
    ...withItems(part, items),
    ...withPattern(node, pattern),
  };
}

/** OpenAI refuses an object without `properties`. */
function withFields(node: SchemaNode, patterns: unknown, others: unknown): SchemaNode {
  const properties = hasType(node, "object") ? { properties: node["properties"] ?? {} } : {};
  const closed = typeof others === "boolean" ? others : sentPart(others);
  const rest = others === undefined ? {} : { additionalProperties: closed };
  if (!isNode(patterns)) return { ...properties, ...rest };
  const keys = Object.entries(patterns).map(([key, value]) => [portable(key), value] as const);
  if (keys.every(([key]) => key !== undefined)) {
    return { ...properties, ...rest, patternProperties: Object.fromEntries(keys) };
  }
  const told = Object.keys(patterns).join(", ");
  return { ...properties, ...described(node, `Names of properties match: ${told}`) };
}

/** OpenAI refuses an array without `items`, and `items` that are no object. */
function withItems(part: SchemaNode, items: unknown): SchemaNode {
  const { prefixItems, maxItems } = part;
  if (items !== undefined && items !== false) return { items: sentPart(items) };
  if (items === undefined) return hasType(part, "array") ? { items: {} } : {};
  const length = Array.isArray(prefixItems) ? prefixItems.length : 0;
  return {
    items: {},
    maxItems: typeof maxItems === "number" ? Math.min(length, maxItems) : length,
  };
}

function withPattern(node: SchemaNode, pattern: unknown): SchemaNode {
  if (typeof pattern !== "string") return {};
  const sent = portable(pattern);
  return sent === undefined
    ? described(node, `It must match the pattern ${pattern}`)
    : { pattern: sent };
}

function described({ description }: SchemaNode, more: string): SchemaNode {
  return { description: typeof description === "string" ? `${description} ${more}` : more };
}

function hasType({ type }: SchemaNode, wanted: string): boolean {
  return [type].flat().includes(wanted);
}
