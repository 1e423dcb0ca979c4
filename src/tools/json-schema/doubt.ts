import type { SchemaNode } from "./keywords.ts";
import { isNode, partsOf } from "./keywords.ts";

/** How a regular expression is written where the schema goes; undefined: it cannot be. */
export type Spell = (pattern: string) => string | undefined;

/**
 * `node` without what would refuse more once patterns that cannot be spelled are gone: what is left of `not` and `if` would hold for too
 * much, and of `oneOf` more than one.
 */
export function withoutDoubt(node: SchemaNode, spell: Spell): SchemaNode {
  const { not, if: condition, then, else: otherwise, oneOf, ...rest } = node;
  const isDoubtful = (part: unknown) => losesPattern(part, spell);
  return {
    ...rest,
    ...(not === undefined || isDoubtful(not) ? {} : { not }),
    ...(condition === undefined || isDoubtful(condition)
      ? {}
      : { if: condition, ...given({ then, else: otherwise }) }),
    ...chosen(rest, oneOf, isDoubtful),
  };
}

function chosen(
  rest: SchemaNode,
  oneOf: unknown,
  isDoubtful: (part: unknown) => boolean,
): SchemaNode {
  if (!Array.isArray(oneOf)) return {};
  if (!oneOf.some(isDoubtful)) return { oneOf };
  const { allOf = [], anyOf } = rest;
  if (anyOf === undefined) return { anyOf: oneOf };
  return { allOf: [...(allOf as unknown[]), { anyOf: oneOf }] };
}

function losesPattern(part: unknown, spell: Spell): boolean {
  if (!isNode(part)) return false;
  const { pattern, patternProperties } = part;
  const names = isNode(patternProperties) ? Object.keys(patternProperties) : [];
  const patterns = typeof pattern === "string" ? [pattern, ...names] : names;
  if (patterns.some((one) => spell(one) === undefined)) return true;
  return partsOf(part).some(({ value }) => losesPattern(value, spell));
}

function given(fields: SchemaNode): SchemaNode {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
