import { withoutDoubt } from "./doubt.ts";
import type { SchemaNode } from "./keywords.ts";
import { isNode, isTextList, mapParts } from "./keywords.ts";
import type { ModernSchema } from "./modern.ts";
import { checkable } from "./pattern.ts";

/**
 * What of a schema can be checked here, as one schema: all but regular expressions that JavaScript does not have.
 *
 * `isForeign`: what has a default is not required, as whoever owns the schema fills it in.
 */
export function checkedSchema({ root, defs }: ModernSchema, isForeign: boolean): SchemaNode {
  const part = (given: unknown): unknown => {
    if (!isNode(given)) return given;
    const known = withKnownPatterns(mapParts(withoutDoubt(given, checkable), part));
    return isForeign ? withoutDefaulted(known) : known;
  };
  const checked = part(root) as SchemaNode;
  if (defs.size === 0) return checked;
  const named = [...defs].map(([name, def]) => [name, part(def)]);
  return { ...checked, $defs: Object.fromEntries(named) };
}

/** Where it cannot be told which properties are meant, no other can be refused. */
function withKnownPatterns({ pattern, patternProperties, ...node }: SchemaNode): SchemaNode {
  const regular = typeof pattern === "string" ? checkable(pattern) : undefined;
  const own = regular === undefined ? {} : { pattern: regular };
  if (!isNode(patternProperties)) return { ...node, ...own };
  const entries = Object.entries(patternProperties).map(
    ([key, value]) => [checkable(key), value] as const,
  );
  const known = entries.filter(([key]) => key !== undefined);
  const { additionalProperties, unevaluatedProperties, ...open } = node;
  return {
    ...(known.length === entries.length ? node : open),
    ...own,
    patternProperties: Object.fromEntries(known),
  };
}

function withoutDefaulted(node: SchemaNode): SchemaNode {
  const { required, properties } = node;
  if (!isTextList(required) || !isNode(properties)) return node;
  const hasDefault = (name: string) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return isNode(property) && property["default"] !== undefined;
  };
  return { ...node, required: required.filter((name) => !hasDefault(name)) };
}
