import { HeddleError } from "../index.ts";
import { isQuick } from "./client-pattern.ts";

type Json = { readonly [name: string]: unknown };

/** With all that it refers to, as often as it does: that is what one value may be held against. */
const MAX_SIZE = 5_000;
/** A name in these is no keyword, but a name. */
const MAPS: ReadonlySet<string> = new Set([
  "properties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
/** What is in these is data. */
const DATA: ReadonlySet<string> = new Set(["enum", "const", "default", "examples"]);
/** What a value is held against where a schema names it: a pattern next to it says the same again. */
const CHECKED_FORMATS: ReadonlySet<unknown> = new Set([
  ...["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"],
]);
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["patternProperties", "has regular expressions, which may take for ever"],
  ["~standard", "is no keyword"],
  ["uniqueItems", "compares every item with every other"],
  ...["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"].map(
    (name) => [name, "is none of the references that are followed (# and #/…)"] as const,
  ),
]);

/**
 * Whether a JSON Schema that a client has sent may be run in the supervisor's thread, against whatever the model says: one that takes too long would
 * hold up everybody. So it has no regular expressions but simple ones, does not refer to itself, and has a bounded size once its references are
 * followed. A pattern next to a `format` is not run: see `withoutFormatPatterns`.
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field.
 */
export function checkClientSchema(field: string, schema: Json): void {
  new SchemaWalk(field, schema).walk(schema, field);
}

/**
 * The schema without the patterns that stand next to a `format`, as zod writes them. Where the format is checked it says it all; of any other,
 * the model is told the pattern.
 */
export function withoutFormatPatterns(schema: Json): Json {
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (DATA.has(keyword)) return [keyword, value];
    if (MAPS.has(keyword) && isObject(value)) {
      const parts = Object.entries(value).map(([name, one]) => [name, partWithout(one)]);
      return [keyword, Object.fromEntries(parts)];
    }
    return [keyword, partWithout(value)];
  });
  const copy: Json = Object.fromEntries(entries);
  return hasFormatPattern(copy) ? told(copy) : copy;
}

function partWithout(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(partWithout);
  return isObject(part) ? withoutFormatPatterns(part) : part;
}

function hasFormatPattern({ format, pattern }: Json): boolean {
  return typeof format === "string" && typeof pattern === "string";
}

function told({ pattern, ...rest }: Json): Json {
  const { format, description } = rest;
  if (CHECKED_FORMATS.has(format)) return rest;
  const sentence = `It must match the pattern ${pattern}`;
  const all = typeof description === "string" ? `${description} ${sentence}` : sentence;
  return { ...rest, description: all };
}

class SchemaWalk {
  readonly #field: string;
  readonly #root: Json;
  /** What is referred to by the references that are being followed. */
  readonly #open = new Set<unknown>();
  #size = 0;

  constructor(field: string, root: Json) {
    this.#field = field;
    this.#root = root;
  }

  walk(schema: unknown, at: string): void {
    this.#count(1);
    if (Array.isArray(schema)) {
      for (const [i, one] of schema.entries()) this.walk(one, `${at}[${i}]`);
    } else if (isObject(schema)) {
      this.#checkPattern(schema, at);
      for (const [keyword, value] of Object.entries(schema)) this.#keyword(keyword, value, at);
    }
  }

  #checkPattern(schema: Json, at: string): void {
    const { pattern } = schema;
    if (pattern === undefined || hasFormatPattern(schema)) return;
    if (typeof pattern === "string" && isQuick(pattern)) return;
    throw refused(
      `${at}.pattern`,
      "may take for ever: begin it with ^, without groups and choices",
    );
  }

  #keyword(keyword: string, value: unknown, at: string): void {
    const place = `${at}.${keyword}`;
    const problem = REFUSED.get(keyword);
    if (problem !== undefined) throw refused(place, problem);
    if (DATA.has(keyword)) this.#countAll(value);
    else if (keyword === "$ref") this.#follow(value, place);
    else if (MAPS.has(keyword) && isObject(value)) {
      for (const [name, one] of Object.entries(value)) this.walk(one, `${place}.${name}`);
    } else this.walk(value, place);
  }

  #follow(ref: unknown, place: string): void {
    if (typeof ref !== "string" || !/^#(\/|$)/.test(ref))
      throw refused(place, "must be # or begin with #/");
    const target = this.#at(ref, place);
    if (this.#open.has(target)) throw refused(place, "refers to what it is in");
    this.#open.add(target);
    this.walk(target, place);
    this.#open.delete(target);
  }

  #at(ref: string, place: string): unknown {
    let value: unknown = this.#root;
    for (const step of ref.split("/").slice(1)) {
      const name = unescaped(step);
      if (name === undefined || !isNested(value) || !Object.hasOwn(value, name))
        throw refused(place, "refers to nothing");
      value = (value as Json)[name];
    }
    return value;
  }

  #countAll(value: unknown): void {
    this.#count(1);
    if (isNested(value)) for (const one of Object.values(value)) this.#countAll(one);
  }

  #count(size: number): void {
    this.#size += size;
    if (this.#size <= MAX_SIZE) return;
    throw refused(
      this.#field,
      `must be of at most ${MAX_SIZE} values, its references being followed`,
    );
  }
}

function unescaped(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isObject(value: unknown): value is Json {
  return isNested(value) && !Array.isArray(value);
}

function refused(field: string, problem: string): HeddleError {
  return new HeddleError("INVALID_INPUT", `${field} ${problem}`, { details: { field } });
}
