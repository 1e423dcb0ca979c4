import { followed } from "./inlined.ts";
import type { SchemaNode } from "./keywords.ts";
import { isNode } from "./keywords.ts";
import type { ModernSchema } from "./modern.ts";
import { unusable } from "./references.ts";

/** What OpenAI and Anthropic refuse at the root of a tool's parameters, and what says nothing without it. */
const NOT_AT_ROOT = ["allOf", "anyOf", "oneOf", "not", "enum", "const", "if", "then", "else"];

/**
 * The same schema with a root that is an object's, without choices: they become optional properties of one object, and a sentence of
 * the description. So it says less than before.
 *
 * @throws {HeddleError} `INVALID_OPTION` when it is no object's.
 */
export function argumentsRoot(schema: ModernSchema): ModernSchema {
  const { defs } = schema;
  const flat = flattened(schema.root, schema);
  const { type } = flat;
  if (type !== undefined && ![type].flat().includes("object")) {
    throw unusable(
      `it must be an object's, with a property for each argument, and is of type ${JSON.stringify(type)}`,
    );
  }
  const { description, properties = {}, ...rest } = flat;
  return {
    root: {
      ...(description === undefined ? {} : { description }),
      ...rest,
      type: "object",
      properties,
    },
    defs,
  };
}

function flattened(node: SchemaNode, schema: ModernSchema): SchemaNode {
  const own = followed(node, schema);
  const all = membersOf(own, "allOf", schema);
  const choices = [...membersOf(own, "anyOf", schema), ...membersOf(own, "oneOf", schema)];
  const kept = Object.entries(own).filter(([keyword]) => !NOT_AT_ROOT.includes(keyword));
  const base = all.reduce(both, Object.fromEntries(kept));
  return choices.length === 0 ? base : withChoices(base, choices);
}

function membersOf(node: SchemaNode, keyword: string, schema: ModernSchema): readonly SchemaNode[] {
  const given = node[keyword];
  if (!Array.isArray(given)) return [];
  return given.filter(isNode).map((one) => flattened(one, schema));
}

/** What two schemas say that both hold. Of properties beyond those named, nothing: each would forbid the other's. */
function both(a: SchemaNode, b: SchemaNode): SchemaNode {
  const { additionalProperties, unevaluatedProperties, ...rest } = { ...b, ...a };
  return {
    ...rest,
    ...typeOfBoth(a, b),
    properties: joined(propertiesOf(a), propertiesOf(b), "allOf"),
    ...requiredField([...new Set([...requiredOf(a), ...requiredOf(b)])]),
  };
}

function typeOfBoth(a: SchemaNode, b: SchemaNode): SchemaNode {
  const isObject = [a, b].some(({ type }) => type === "object");
  return isObject ? { type: "object" } : {};
}

function withChoices(base: SchemaNode, choices: readonly SchemaNode[]): SchemaNode {
  const objects = choices.filter(
    ({ type }) => type === undefined || [type].flat().includes("object"),
  );
  if (objects.length === 0) return { ...base, type: choices[0]?.["type"] };
  const { additionalProperties, unevaluatedProperties, ...rest } = base;
  const offered = objects.map(propertiesOf).reduce((a, b) => joined(a, b, "anyOf"));
  const needed = objects.map(requiredOf);
  const always = needed.reduce((a, b) => a.filter((name) => b.includes(name)));
  return {
    ...rest,
    properties: joined(propertiesOf(base), offered, "allOf"),
    ...requiredField([...new Set([...requiredOf(base), ...always])]),
    ...told(base, needed),
  };
}

/** Says which arguments go together. */
function told({ description }: SchemaNode, needed: readonly (readonly string[])[]): SchemaNode {
  const sets = [...new Set(needed.map((names) => names.join(", ")))];
  if (sets.length < 2) return {};
  const sentence = `Give one of these sets of arguments: ${sets.map((set) => `(${set || "none"})`).join(" or ")}.`;
  return { description: typeof description === "string" ? `${description} ${sentence}` : sentence };
}

function joined(a: SchemaNode, b: SchemaNode, how: "allOf" | "anyOf"): SchemaNode {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(
    names.map((name) => {
      if (!Object.hasOwn(a, name)) return [name, b[name]];
      if (!Object.hasOwn(b, name)) return [name, a[name]];
      const isSame = JSON.stringify(a[name]) === JSON.stringify(b[name]);
      return [name, isSame ? a[name] : { [how]: alternatives(how, a[name], b[name]) }];
    }),
  );
}

function alternatives(how: string, a: unknown, b: unknown): readonly unknown[] {
  const earlier = isNode(a) && Object.keys(a).length === 1 ? a[how] : undefined;
  const all = [...(Array.isArray(earlier) ? earlier : [a]), b];
  return all.filter(
    (one, i) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === i,
  );
}

function propertiesOf({ properties }: SchemaNode): SchemaNode {
  return isNode(properties) ? properties : {};
}

function requiredOf({ required }: SchemaNode): readonly string[] {
  return Array.isArray(required) ? required : [];
}

function requiredField(names: readonly string[]): SchemaNode {
  return names.length === 0 ? {} : { required: names };
}
