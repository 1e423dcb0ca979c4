import { HeddleError } from "../../errors.ts";
import type { SchemaNode } from "./keywords.ts";
import { isNode, KEYWORDS, partsOf, TYPES } from "./keywords.ts";
import { nearest } from "./near.ts";

const MAX_DEPTH = 200;
/** What people write for a type of JSON Schema. */
const TYPES_ELSEWHERE: ReadonlyMap<unknown, string> = new Map([
  ["int", "integer"],
  ["long", "integer"],
  ["float", "number"],
  ["double", "number"],
  ["bool", "boolean"],
  ["str", "string"],
  ["text", "string"],
  ["date", "string"],
  ["list", "array"],
  ["dict", "object"],
  ["map", "object"],
  ["nil", "null"],
]);

/**
 * Refuses a schema, written by hand, that would check something else than was meant: a keyword that is misspelt or has a value it cannot
 * have, an object that is no schema at all. Keywords of other tools are let pass.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the place, and the mend.
 */
export function checkWritten(field: string, given: unknown): void {
  checkPart(field, given, 0);
}

function checkPart(field: string, given: unknown, depth: number): void {
  // Also one that is in itself. What reads it refuses it.
  if (typeof given === "boolean" || depth > MAX_DEPTH) return;
  if (!isNode(given)) refuse(field, `must be a schema, such as { type: "string" }`);
  if ("~standard" in given) {
    refuse(field, "is a schema of a library, and stands in one that is not: make both of one kind");
  }
  checkIsSchema(field, given);
  for (const [keyword, value] of Object.entries(given)) {
    if (value !== undefined) checkKeyword(`${field}.${keyword}`, keyword, value);
  }
  for (const { at, value } of allParts(given)) checkPart(`${field}${at}`, value, depth + 1);
}

/** Also those that are no schemas: they are named one by one. */
function allParts(node: SchemaNode): readonly { readonly at: string; readonly value: unknown }[] {
  const named = Object.entries(node).flatMap(([keyword, value]) => {
    if (KEYWORDS.get(keyword)?.parts !== "named" || keyword === "dependencies" || !isNode(value))
      return [];
    return Object.entries(value).map(([name, one]) => ({ at: `.${keyword}.${name}`, value: one }));
  });
  const others = partsOf(node).filter(({ at }) => !named.some((one) => one.at === at));
  return [...named, ...others];
}

function checkIsSchema(field: string, node: SchemaNode): void {
  const names = Object.keys(node);
  const unknown = names.filter((name) => !KEYWORDS.has(name) && !name.startsWith("x-"));
  for (const name of unknown) refuseNear(`${field}.${name}`, name);
  const stray = unknown.find((name) => looksLikeSchema(node[name]));
  if (stray !== undefined && node["properties"] === undefined) {
    refuse(`${field}.${stray}`, `is no keyword of JSON Schema: ${asProperties(stray)}`);
  }
  if (names.length > 0 && unknown.length === names.length) {
    const found = unknown.slice(0, 5).join(", ");
    refuse(field, `has no keyword of JSON Schema, only ${found}: ${asProperties(unknown[0])}`);
  }
}

function asProperties(name = "name"): string {
  return `write { type: "object", properties: { ${name}: { type: "string" } } }`;
}

function looksLikeSchema(value: unknown): boolean {
  if (!isNode(value)) return false;
  const { type } = value;
  return typeof type === "string" && TYPES.includes(type);
}

function checkKeyword(place: string, keyword: string, value: unknown): void {
  const known = KEYWORDS.get(keyword);
  // What stands in schemas by name is looked at by itself.
  if (!known || known.fits(value) || (known.parts === "named" && isNode(value))) return;
  refuse(place, `must be ${known.expected}${keyword === "type" ? hint(value) : ""}`);
}

function hint(value: unknown): string {
  if (typeof value !== "string") return "";
  const meant = TYPES_ELSEWHERE.get(value.toLowerCase()) ?? nearest(value, TYPES);
  return meant === undefined ? `; "${value}" is none of them` : `; "${value}" is "${meant}"`;
}

function refuseNear(place: string, keyword: string): void {
  const meant = nearest(keyword, KEYWORDS.keys());
  if (meant !== undefined) refuse(place, `is no keyword of JSON Schema; is "${meant}" meant?`);
}

function refuse(field: string, problem: string): never {
  throw new HeddleError("INVALID_OPTION", `${field} ${problem}`, { details: { field } });
}
