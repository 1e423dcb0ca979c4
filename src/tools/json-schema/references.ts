import { HeddleError } from "../../errors.ts";
import type { SchemaNode } from "./keywords.ts";
import { isNode, partsOf } from "./keywords.ts";

/** What a schema has as its address when it does not say. No reference can be meant for this host. */
const NOWHERE = "https://schema.invalid/";

/** A schema that cannot be used, and why. */
export function unusable(why: string): HeddleError {
  return new HeddleError("INVALID_OPTION", why);
}

/** What the references of one schema lead to, by the rules of drafts 4 to 2020-12. Nothing is fetched. */
export class References {
  readonly #root: SchemaNode;
  /** In draft 4, a schema's address is its `id`. */
  readonly #hasPlainIds: boolean;
  /** The address that references in a schema start from. */
  readonly #bases = new Map<SchemaNode, string>();
  readonly #byAddress = new Map<string, SchemaNode>();
  /** How many schemas have each dynamic anchor. */
  readonly #dynamic = new Map<string, number>();

  constructor(root: SchemaNode) {
    this.#root = root;
    this.#hasPlainIds = /draft-0[34]/.test(String(root["$schema"] ?? ""));
    this.#byAddress.set(NOWHERE, root);
    this.#look(root, NOWHERE);
  }

  /** Whether what stands next to a `$ref` is to be passed over, as until draft 7. */
  get isAlone(): boolean {
    return /draft-0[3467]/.test(String(this.#root["$schema"] ?? ""));
  }

  /**
   * What `node` refers to; undefined if it does not refer to anything.
   *
   * @throws {HeddleError} `INVALID_OPTION` when that is not in the schema.
   */
  targetOf(node: SchemaNode): SchemaNode | boolean | undefined {
    const given = node["$ref"] ?? node["$dynamicRef"] ?? node["$recursiveRef"];
    if (typeof given !== "string") return undefined;
    if (this.#isOpen(node, given)) return true;
    const base = this.#bases.get(node) ?? NOWHERE;
    const target = this.#find(given, base);
    if (target === undefined) throw unusable(`it refers to "${given}", which is not in it`);
    return target;
  }

  /** What is meant depends on the way that has led here: that is not followed. */
  #isOpen(node: SchemaNode, reference: string): boolean {
    const isDynamic = node["$ref"] === undefined && node["$dynamicRef"] !== undefined;
    return isDynamic && (this.#dynamic.get(reference.split("#").at(-1) ?? "") ?? 0) > 1;
  }

  /** Notes the addresses of `start` and of all schemas in it. */
  #look(start: SchemaNode, base: string): void {
    const open: { readonly node: SchemaNode; readonly base: string }[] = [{ node: start, base }];
    for (let next = open.pop(); next; next = open.pop()) {
      const { node } = next;
      if (this.#bases.has(node)) continue;
      const own = this.#ownBase(node, next.base);
      this.#bases.set(node, own);
      for (const { value } of partsOf(node))
        if (isNode(value)) open.push({ node: value, base: own });
    }
  }

  #ownBase(node: SchemaNode, base: string): string {
    const id = node["$id"] ?? (this.#hasPlainIds ? node["id"] : undefined);
    const isAnchor = typeof id === "string" && id.startsWith("#");
    const own = typeof id === "string" && !isAnchor ? bare(parsed(id, base)) : base;
    if (own !== base) this.#note(own, node);
    const { $dynamicAnchor: dynamic } = node;
    if (typeof dynamic === "string") {
      this.#dynamic.set(dynamic, (this.#dynamic.get(dynamic) ?? 0) + 1);
    }
    const anchors = [node["$anchor"], node["$dynamicAnchor"], isAnchor ? id.slice(1) : undefined];
    for (const anchor of anchors) {
      if (typeof anchor === "string") this.#note(`${own}#${anchor}`, node);
    }
    return own;
  }

  #note(address: string, node: SchemaNode): void {
    if (!this.#byAddress.has(address)) this.#byAddress.set(address, node);
  }

  #find(reference: string, base: string): SchemaNode | boolean | undefined {
    const url = parsed(reference, base);
    const resource = this.#byAddress.get(bare(url));
    const fragment = decoded(url.hash.slice(1));
    if (resource === undefined || fragment === undefined) return undefined;
    if (fragment === "") return resource;
    if (!fragment.startsWith("/")) return this.#byAddress.get(`${bare(url)}#${fragment}`);
    const found = pointedAt(resource, fragment);
    // It may be where no keyword of a schema is.
    if (isNode(found)) this.#look(found, this.#bases.get(resource) ?? base);
    return isNode(found) || typeof found === "boolean" ? found : undefined;
  }
}

function parsed(reference: string, base: string): URL {
  const url = URL.parse(reference, base);
  if (url) return url;
  throw unusable(`its address "${reference}" cannot be read`);
}

function bare(url: URL): string {
  return url.href.slice(0, url.href.length - url.hash.length).replace(/#$/, "");
}

function pointedAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as SchemaNode)[name];
  }
  return value;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
