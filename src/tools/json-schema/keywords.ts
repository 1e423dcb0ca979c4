/** A JSON Schema that is an object. */
export type SchemaNode = { readonly [keyword: string]: unknown };

/** What stands in a keyword's value: one schema, a list of them, schemas by name, or a schema or a list of them. */
type Parts = "one" | "list" | "named" | "one-or-list";

export type Keyword = {
  readonly fits: (value: unknown) => boolean;
  /** What the value must be, for people. */
  readonly expected: string;
  readonly parts?: Parts;
};

/** The types that JSON Schema knows. */
export const TYPES: readonly string[] = [
  "object",
  "array",
  "string",
  "number",
  "integer",
  "boolean",
  "null",
];

/** Keywords that describe, and hold nothing to anything. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
]);

export function isNode(value: unknown): value is SchemaNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `value` can stand where a schema is expected. */
export function isSchema(value: unknown): value is SchemaNode | boolean {
  return typeof value === "boolean" || isNode(value);
}

export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

const isText = (value: unknown) => typeof value === "string";
const isFlag = (value: unknown) => typeof value === "boolean";
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isFilledList = (value: unknown) => Array.isArray(value) && value.length > 0;
const isType = (value: unknown) => typeof value === "string" && TYPES.includes(value);

const TEXT: Keyword = { fits: isText, expected: "a string" };
const FLAG: Keyword = { fits: isFlag, expected: "true or false" };
const COUNT: Keyword = { fits: isCount, expected: "a whole number, 0 or more" };
const NUMBER: Keyword = { fits: Number.isFinite, expected: "a number" };
const LIMIT: Keyword = {
  fits: (value) => Number.isFinite(value) || isFlag(value),
  expected: "a number",
};
const ANYTHING: Keyword = { fits: () => true, expected: "anything" };
const ONE: Keyword = { fits: isSchema, expected: "a schema", parts: "one" };
const LIST: Keyword = {
  fits: (value) => isFilledList(value) && (value as unknown[]).every(isSchema),
  expected: "an array of at least one schema",
  parts: "list",
};
const NAMED: Keyword = {
  fits: (value) => isNode(value) && Object.values(value).every(isSchema),
  expected: "an object of schemas by name",
  parts: "named",
};

/** All keywords that are understood, of drafts 4 to 2020-12 and of OpenAPI. */
export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ...["$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$comment"].map(
    (name): [string, Keyword] => [name, TEXT],
  ),
  ["$recursiveAnchor", FLAG],
  ["$vocabulary", ANYTHING],
  ["$ref", TEXT],
  ["$dynamicRef", TEXT],
  ["$recursiveRef", TEXT],
  ["$defs", NAMED],
  ["definitions", NAMED],
  ["title", TEXT],
  ["description", TEXT],
  ["default", ANYTHING],
  ["examples", { fits: Array.isArray, expected: "an array" }],
  ["example", ANYTHING],
  ["deprecated", FLAG],
  ["readOnly", FLAG],
  ["writeOnly", FLAG],
  ["nullable", FLAG],
  [
    "type",
    {
      fits: (value) => isType(value) || (isFilledList(value) && (value as unknown[]).every(isType)),
      expected: `one of ${TYPES.map((type) => `"${type}"`).join(", ")}, or an array of these`,
    },
  ],
  ["enum", { fits: isFilledList, expected: "an array of at least one value" }],
  ["const", ANYTHING],
  ["multipleOf", { fits: (value) => Number(value) > 0, expected: "a number above 0" }],
  ["minimum", NUMBER],
  ["maximum", NUMBER],
  ["exclusiveMinimum", LIMIT],
  ["exclusiveMaximum", LIMIT],
  ["minLength", COUNT],
  ["maxLength", COUNT],
  ["pattern", TEXT],
  ["format", TEXT],
  ["contentEncoding", TEXT],
  ["contentMediaType", TEXT],
  ["contentSchema", ONE],
  ["items", { fits: isItems, expected: "a schema", parts: "one-or-list" }],
  ["prefixItems", LIST],
  ["additionalItems", ONE],
  ["unevaluatedItems", ONE],
  ["contains", ONE],
  ["minContains", COUNT],
  ["maxContains", COUNT],
  ["minItems", COUNT],
  ["maxItems", COUNT],
  ["uniqueItems", FLAG],
  ["properties", NAMED],
  ["patternProperties", NAMED],
  ["additionalProperties", ONE],
  ["unevaluatedProperties", ONE],
  ["propertyNames", ONE],
  [
    "required",
    {
      fits: isTextList,
      expected: "an array of the names of properties, in the schema of the object that has them",
    },
  ],
  ["minProperties", COUNT],
  ["maxProperties", COUNT],
  ["dependentRequired", { fits: isNode, expected: "an object of arrays of names" }],
  ["dependentSchemas", NAMED],
  ["dependencies", { fits: isNode, expected: "an object", parts: "named" }],
  ["allOf", LIST],
  ["anyOf", LIST],
  ["oneOf", LIST],
  ["not", ONE],
  ["if", ONE],
  ["then", ONE],
  ["else", ONE],
  // What OpenAPI has beside them.
  ["discriminator", ANYTHING],
  ["xml", ANYTHING],
  ["externalDocs", ANYTHING],
]);

function isItems(value: unknown): boolean {
  return isSchema(value) || (Array.isArray(value) && value.every(isSchema));
}

/** A schema within another one, and how one comes to it. */
export type Part = { readonly at: string; readonly value: unknown };

/** The schemas that stand directly in `node`. What should be one and is none is left out. */
export function partsOf(node: SchemaNode): readonly Part[] {
  return Object.entries(node).flatMap(([keyword, value]) => {
    switch (KEYWORDS.get(keyword)?.parts) {
      case "one":
        return [{ at: `.${keyword}`, value }];
      case "list":
        return listed(keyword, value);
      case "named":
        return named(keyword, value);
      case "one-or-list":
        return Array.isArray(value) ? listed(keyword, value) : [{ at: `.${keyword}`, value }];
      default:
        return [];
    }
  });
}

function listed(keyword: string, value: unknown): readonly Part[] {
  if (!Array.isArray(value)) return [];
  return value.map((one, i) => ({ at: `.${keyword}[${i}]`, value: one }));
}

function named(keyword: string, value: unknown): readonly Part[] {
  if (!isNode(value)) return [];
  return Object.entries(value)
    .filter(([, one]) => isSchema(one))
    .map(([name, one]) => ({ at: `.${keyword}.${name}`, value: one }));
}

/** `node` with what `change` makes of each schema that stands directly in it. */
export function mapParts(node: SchemaNode, change: (part: unknown) => unknown): SchemaNode {
  const entries = Object.entries(node).map(([keyword, value]) => {
    const parts = KEYWORDS.get(keyword)?.parts;
    if (parts === undefined) return [keyword, value];
    if (parts === "named" && isNode(value)) return [keyword, mapNamed(value, change)];
    return [keyword, Array.isArray(value) ? value.map((one) => change(one)) : change(value)];
  });
  return Object.fromEntries(entries);
}

function mapNamed(value: SchemaNode, change: (part: unknown) => unknown): SchemaNode {
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, change(part)]));
}
