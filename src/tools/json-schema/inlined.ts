import type { SchemaNode } from "./keywords.ts";
import { ANNOTATIONS, isNode, mapParts, partsOf } from "./keywords.ts";
import type { ModernSchema } from "./modern.ts";
import { DEFS } from "./modern.ts";

/** More than this is sent with its references: a schema that is repeated can grow without bounds. */
const MAX_PARTS = 2_000;

/**
 * The same schema, with what it refers to in the places of its references: Gemini and Fireworks refuse the whole request for one. What
 * refers to itself keeps its references, as OpenAI and llama.cpp take them; so does a schema that would have more than 2,000 parts.
 */
export function inlinedSchema(schema: ModernSchema): ModernSchema {
  const inlining = new Inlining(schema.defs);
  const root = inlining.inline(schema.root) as SchemaNode;
  if (inlining.parts > MAX_PARTS) return schema;
  const kept = [...schema.defs].filter(([name]) => inlining.recursive.has(name));
  const defs = kept.map(([name, def]) => [name, inlining.inline(def)] as const);
  return inlining.parts > MAX_PARTS ? schema : { root, defs: new Map(defs) };
}

/** What `node` is when its reference is followed, once. */
export function followed(node: SchemaNode, { root, defs }: ModernSchema): SchemaNode {
  const { $ref: address, ...rest } = node;
  if (typeof address !== "string") return node;
  const target = address === "#" ? root : defs.get(address.slice(DEFS.length));
  return isNode(target) ? followed(merged(target, rest), { root, defs }) : rest;
}

class Inlining {
  readonly recursive: ReadonlySet<string>;
  readonly #defs: ModernSchema["defs"];
  parts = 0;

  constructor(defs: ModernSchema["defs"]) {
    this.#defs = defs;
    const next = new Map([...defs].map(([name, def]) => [name, referredIn(def)]));
    this.recursive = new Set([...defs.keys()].filter((name) => reaches(name, next)));
  }

  inline(part: SchemaNode | boolean): SchemaNode | boolean;
  inline(part: unknown): unknown;
  inline(part: unknown): unknown {
    this.parts += 1;
    if (!isNode(part) || this.parts > MAX_PARTS) return part;
    const { $ref: address, ...rest } = mapParts(part, (one) => this.inline(one));
    if (typeof address !== "string") return rest;
    const name = address.slice(DEFS.length);
    if (address === "#" || this.recursive.has(name)) return { $ref: address, ...rest };
    const target = this.inline(this.#defs.get(name));
    return isNode(target) ? merged(target, rest) : target === false ? target : rest;
  }
}

/** What stands next to a reference counts, too. */
function merged(target: SchemaNode, rest: SchemaNode): SchemaNode {
  const isDescribed = Object.keys(rest).every((key) => ANNOTATIONS.has(key));
  return isDescribed ? { ...target, ...rest } : { allOf: [target, rest] };
}

/** Whether `name` comes back to itself, by what each name refers to. */
function reaches(name: string, next: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const open = [...(next.get(name) ?? [])];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === name) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...(next.get(at) ?? []));
  }
  return false;
}

function referredIn(part: unknown): readonly string[] {
  if (!isNode(part)) return [];
  const { $ref: address } = part;
  const own = typeof address === "string" ? [address.slice(DEFS.length)] : [];
  return [...own, ...partsOf(part).flatMap(({ value }) => referredIn(value))];
}
