import type { SchemaNode } from "./keywords.ts";
import {
  ANNOTATIONS,
  isNode,
  isSchema,
  isTextList,
  KEYWORDS,
  mapParts,
  partsOf,
  TYPES,
} from "./keywords.ts";
import { References, unusable } from "./references.ts";

/** A schema in the words of draft 2020-12, with one kind of reference: to `#`, and to `#/$defs/` and a name of `defs`. */
export type ModernSchema = {
  readonly root: SchemaNode;
  readonly defs: ReadonlyMap<string, SchemaNode | boolean>;
};

/** Deeper than this is no schema that somebody has written. */
const MAX_DEPTH = 200;
const MAX_DEFS = 1_000;
/** What names a dialect or an address, says nothing of a value, or is said otherwise in the newest draft. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...["$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$comment"],
  ...["$vocabulary", "$ref", "$dynamicRef", "$recursiveRef", "$defs", "definitions"],
  ...["nullable", "example", "additionalItems", "dependencies"],
  ...["discriminator", "xml", "externalDocs"],
]);

export const DEFS = "#/$defs/";

/**
 * Reads a schema of drafts 4 to 2020-12, or one as OpenAPI has them. What is no keyword, or has a value that it cannot have, is left out.
 *
 * @throws {HeddleError} `INVALID_OPTION` that says why it cannot be used: a reference that leads nowhere, to another host or in a circle; too deep.
 */
export function modernSchema(given: SchemaNode): ModernSchema {
  checkDepth(given, 0);
  return new Reading(given).schema();
}

class Reading {
  readonly #given: SchemaNode;
  readonly #references: References;
  readonly #names = new Map<SchemaNode | boolean, string>();
  readonly #taken = new Set<string>();
  readonly #waiting: (SchemaNode | boolean)[] = [];

  constructor(given: SchemaNode) {
    this.#given = given;
    this.#references = new References(given);
  }

  schema(): ModernSchema {
    const root = this.#read(this.#given) as SchemaNode;
    const defs = new Map<string, SchemaNode | boolean>();
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      defs.set(this.#names.get(next) ?? "", this.#read(next));
    }
    const schema = { root, defs };
    checkCircles(schema);
    return schema;
  }

  #read(given: unknown): SchemaNode | boolean {
    if (!isNode(given)) return typeof given === "boolean" ? given : true;
    const target = this.#references.targetOf(given);
    const isAlone = target !== undefined && this.#references.isAlone;
    const own = isAlone ? only(given, ANNOTATIONS) : given;
    const read = mapParts(renamed(own), (part) => this.#read(part));
    const node = target === undefined ? read : { $ref: this.#addressOf(target, given), ...read };
    return own["nullable"] === true ? withNull(node) : node;
  }

  #addressOf(target: SchemaNode | boolean, from: SchemaNode): string {
    if (target === this.#given) return "#";
    const known = this.#names.get(target);
    if (known !== undefined) return DEFS + known;
    if (this.#names.size >= MAX_DEFS) throw unusable(`it refers to more than ${MAX_DEFS} schemas`);
    const name = this.#freeName(from);
    this.#names.set(target, name);
    this.#taken.add(name);
    this.#waiting.push(target);
    return DEFS + name;
  }

  /** Named as it was, as far as that is readable and not taken. */
  #freeName(from: SchemaNode): string {
    const reference = String(from["$ref"] ?? from["$dynamicRef"] ?? from["$recursiveRef"]);
    const last = reference.split(/[/#]/).at(-1) ?? "";
    const name = last.replaceAll(/[^\w.-]/g, "_") || "schema";
    let free = name;
    for (let round = 2; this.#taken.has(free); round += 1) free = `${name}_${round}`;
    return free;
  }
}

/** `node` in the keywords of 2020-12, without those that are left out. */
function renamed(node: SchemaNode): SchemaNode {
  const kept = Object.entries(node)
    .map(([keyword, value]) => [keyword, salvaged(keyword, value)] as const)
    .filter(([keyword, value]) => !LEFT_OUT.has(keyword) && KEYWORDS.get(keyword)?.fits(value));
  const read = {
    ...Object.fromEntries(kept),
    ...typeOf(node),
    ...limit(node, "exclusiveMinimum", "minimum"),
    ...limit(node, "exclusiveMaximum", "maximum"),
    ...tuple(node),
    ...dependencies(node),
    ...(node["example"] === undefined || "examples" in node ? {} : { examples: [node["example"]] }),
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** Of several schemas, one that is none counts as one for anything: the others stay. */
function salvaged(keyword: string, value: unknown): unknown {
  if (KEYWORDS.get(keyword)?.parts !== "named" || !isNode(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, isSchema(one) ? one : true]);
  return Object.fromEntries(entries);
}

/** Of a list of types, those that there are. */
function typeOf({ type }: SchemaNode): SchemaNode {
  if (!Array.isArray(type)) return {};
  const known = type.filter((one) => TYPES.includes(one));
  return known.length === 0 ? {} : { type: known.length === 1 ? known[0] : known };
}

/** In draft 4, a flag says that a limit is not itself allowed. */
function limit(node: SchemaNode, exclusive: string, inclusive: string): SchemaNode {
  const flag = node[exclusive];
  if (typeof flag !== "boolean") return {};
  const bound = node[inclusive];
  const isExclusive = flag && typeof bound === "number";
  return {
    [exclusive]: undefined,
    ...(isExclusive ? { [inclusive]: undefined, [exclusive]: bound } : {}),
  };
}

function tuple({ items, additionalItems }: SchemaNode): SchemaNode {
  if (!Array.isArray(items)) return {};
  const rest = isSchema(additionalItems) ? additionalItems : undefined;
  return { items: rest, ...(items.length === 0 ? {} : { prefixItems: items }) };
}

function dependencies({ dependencies: given }: SchemaNode): SchemaNode {
  if (!isNode(given)) return {};
  const entries = Object.entries(given);
  const names = entries.filter(([, value]) => isTextList(value));
  const schemas = entries.filter(([, value]) => isSchema(value));
  return {
    ...(names.length === 0 ? {} : { dependentRequired: Object.fromEntries(names) }),
    ...(schemas.length === 0 ? {} : { dependentSchemas: Object.fromEntries(schemas) }),
  };
}

/** What OpenAPI means by `nullable`. */
function withNull(node: SchemaNode): SchemaNode {
  const { type, enum: values } = node;
  if (type === undefined) {
    const rest = Object.entries(node).filter(([keyword]) => !ANNOTATIONS.has(keyword));
    if (rest.length === 0) return node;
    return { ...only(node, ANNOTATIONS), anyOf: [Object.fromEntries(rest), { type: "null" }] };
  }
  return {
    ...node,
    type: [...new Set([type, "null"].flat())],
    ...(Array.isArray(values) ? { enum: [...new Set([...values, null])] } : {}),
  };
}

function only(node: SchemaNode, keywords: ReadonlySet<string>): SchemaNode {
  return Object.fromEntries(Object.entries(node).filter(([keyword]) => keywords.has(keyword)));
}

function checkDepth(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw unusable(`it is deeper than ${MAX_DEPTH} levels`);
  if (typeof value !== "object" || value === null) return;
  for (const one of Object.values(value)) checkDepth(one, depth + 1);
}

/** Of these, what they hold is held against the same value. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"] as const;

/** A schema that comes back to itself without having gone into the value would be followed for ever. */
function checkCircles({ root, defs }: ModernSchema): void {
  const done = new Set<SchemaNode>();
  const open = new Set<SchemaNode>();
  const inPlace = (node: SchemaNode): readonly unknown[] => [
    referredTo(node, root, defs),
    ...IN_PLACE.flatMap((keyword) => node[keyword] ?? []),
    ...Object.values(node["dependentSchemas"] ?? {}),
  ];
  const visit = (node: unknown): void => {
    if (!isNode(node) || done.has(node)) return;
    if (open.has(node)) throw unusable("its references go in a circle");
    open.add(node);
    for (const next of inPlace(node)) visit(next);
    open.delete(node);
    done.add(node);
  };
  const waiting: unknown[] = [root, ...defs.values()];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    visit(next);
    if (isNode(next)) waiting.push(...partsOf(next).map(({ value }) => value));
  }
}

function referredTo(
  { $ref: address }: SchemaNode,
  root: SchemaNode,
  defs: ModernSchema["defs"],
): unknown {
  if (typeof address !== "string") return undefined;
  return address === "#" ? root : defs.get(address.slice(DEFS.length));
}
