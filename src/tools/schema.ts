import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, HeddleError } from "../errors.ts";
import { toJson } from "./json.ts";
import { checkedSchema } from "./json-schema/checked.ts";
import type { SchemaNode } from "./json-schema/keywords.ts";
import { isNode } from "./json-schema/keywords.ts";
import type { ModernSchema } from "./json-schema/modern.ts";
import { modernSchema } from "./json-schema/modern.ts";
import { sentSchema } from "./json-schema/sent.ts";
import { checkWritten } from "./json-schema/written.ts";
import type { LibrarySchema } from "./library-schema.ts";
import { isBareEffect, refuseBareEffect, shownAsJson } from "./library-schema.ts";
import type { JsonSchema, StandardSchema } from "./tool.ts";

const MAX_ISSUES = 10;
/** Of these the validator only says that something in them is wrong, beside what that is. */
const CONTAINERS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "items",
  "prefixItems",
  "allOf",
  "$ref",
]);

/** What a check has found: the value as the schema makes it, or what is wrong with it, in readable lines. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly string[] };

/** Checks values against one schema. What it throws says nothing of the value: the check itself has failed. */
export type SchemaCheck = (value: unknown) => Promise<Checked>;

/** A schema as it is sent to a model's server, and what checks values against it. */
export type Schema = { readonly json: JsonSchema; readonly check: SchemaCheck };

/** What a schema is for: a tool's arguments, which are an object, or a job's output. */
export type SchemaUse = "arguments" | "output";

/** The schema of a tool that somebody else has written, as a tool's `parameters`; or why it cannot be used. */
export type ForeignParameters =
  | { readonly ok: true; readonly parameters: JsonSchema }
  | { readonly ok: false; readonly why: string };

/** What was made of a library's schema, or a foreign one, serves all that use it: it takes its time, and they do not change. */
const PREPARED: { readonly [U in SchemaUse]: WeakMap<object, Schema> } = {
  arguments: new WeakMap(),
  output: new WeakMap(),
};

/**
 * Takes a schema that the user has written: a JSON Schema of drafts 4 to 2020-12 or of OpenAPI, or a library's.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names `field` and the mend: for what is no schema; for a schema that cannot be shown as JSON
 * Schema, has a keyword that is misspelt, refers to what is not in it, or for arguments, is not an object's.
 */
export function schemaOf(field: string, given: unknown, use: SchemaUse = "arguments"): Schema {
  if ((typeof given !== "object" && typeof given !== "function") || given === null) {
    throw noSchema(field);
  }
  const known = PREPARED[use].get(given);
  if (known) return known;
  if ("~standard" in given) return ofLibrary(field, given as LibrarySchema & StandardSchema, use);
  if (isBareEffect(given)) refuseBareEffect(field);
  if (!isNode(given)) throw noSchema(field);
  refuseRawShape(field, given);
  checkWritten(field, given);
  return ofJson(field, plain(field, given), use);
}

/**
 * Takes a tool's JSON Schema that somebody else has written, such as an MCP server's: nobody here can mend it. What is malformed in it is left
 * out, what cannot be checked here is left to the server that owns it, and so is a property that is required and has a default.
 * Without a schema, the tool takes anything. Never throws.
 */
export function foreignParameters(given: unknown): ForeignParameters {
  if (given !== undefined && given !== null && !isNode(given)) {
    return { ok: false, why: "its schema is no object" };
  }
  try {
    const modern = modernSchema(plain("its schema", given ?? {}));
    const json = sentSchema(modern, "arguments");
    const check = checkOf(modern, true);
    const lenient = async (value: unknown) => await check(value).catch(() => passed(value));
    PREPARED.arguments.set(json, { json, check: lenient });
    return { ok: true, parameters: json };
  } catch (error) {
    return { ok: false, why: `its schema cannot be used: ${describe(error)}` };
  }
}

function ofLibrary(field: string, given: LibrarySchema & StandardSchema, use: SchemaUse): Schema {
  const shown = plain(field, shownAsJson(field, given));
  const schema = {
    json: ofJson(field, shown, use).json,
    check: (value: unknown) => checkStandard(given, value),
  };
  PREPARED[use].set(given, schema);
  return schema;
}

function ofJson(field: string, json: SchemaNode, use: SchemaUse): Schema {
  try {
    const modern = modernSchema(json);
    return { json: sentSchema(modern, use), check: checkOf(modern) };
  } catch (error) {
    const message = `${field} cannot be used: ${describe(error)}`;
    throw new HeddleError("INVALID_OPTION", message, { cause: error, details: { field } });
  }
}

/** The validator is loaded with the first check: most threads never need one. */
function checkOf(modern: ModernSchema, isForeign: boolean = false): SchemaCheck {
  let loaded: Promise<(value: unknown) => readonly string[]> | undefined;
  return async (value) => {
    loaded ??= jsonSchemaIssues(checkedSchema(modern, isForeign));
    const issues = (await loaded)(value);
    return issues.length === 0 ? passed(value) : { ok: false, issues };
  };
}

function passed(value: unknown): Checked {
  return { ok: true, value };
}

async function checkStandard(schema: StandardSchema, value: unknown): Promise<Checked> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return passed(result.value);
  return { ok: false, issues: result.issues.slice(0, MAX_ISSUES).map(readable) };
}

function readable({ message, path = [] }: StandardSchemaV1.Issue): string {
  const place = path.map((step) => String(typeof step === "object" ? step.key : step)).join(".");
  return place === "" ? message : `${place}: ${message}`;
}

let loadedValidator: Promise<typeof import("@cfworker/json-schema")> | undefined;

/** What tells what is wrong with a value by a JSON Schema of draft 2020-12, in readable lines; none: it is valid. */
export async function jsonSchemaIssues(
  schema: JsonSchema,
): Promise<(value: unknown) => readonly string[]> {
  loadedValidator ??= import("@cfworker/json-schema");
  const { Validator } = await loadedValidator;
  const validator = new Validator({ ...schema }, "2020-12", false);
  return (value) => {
    const { valid, errors } = validator.validate(value);
    if (valid) return [];
    const innermost = errors.filter(({ keyword }) => !CONTAINERS.has(keyword));
    const issues = (innermost.length === 0 ? errors : innermost).slice(0, MAX_ISSUES);
    return issues.map(({ instanceLocation, keyword, error }) => {
      const what = keyword === "false" ? "is not allowed" : error;
      return `${place(instanceLocation)}${what}`;
    });
  };
}

/** "#/a/0" as "a.0: ". */
function place(location: string): string {
  const path = location.replace(/^#\/?/, "").replaceAll("/", ".");
  return path === "" ? "" : `${path}: `;
}

/** A copy as it would arrive as JSON. */
function plain(field: string, schema: unknown): SchemaNode {
  try {
    return JSON.parse(toJson(schema) ?? "");
  } catch (error) {
    const message = `${field} must be a schema that can be sent as JSON: ${describe(error)}`;
    throw new HeddleError("INVALID_OPTION", message, { cause: error, details: { field } });
  }
}

/** What other libraries take as the parameters of a tool: schemas by name, without one around them. */
function refuseRawShape(field: string, given: SchemaNode): void {
  const bare = Object.entries(given).find(([, value]) => isNode(value) && "~standard" in value);
  if (!bare) return;
  const message = `${field} is an object of schemas; make it one schema: z.object({ ${bare[0]}: … }), or its like in your library`;
  throw new HeddleError("INVALID_OPTION", message, { details: { field } });
}

function noSchema(field: string): HeddleError {
  const message = `${field} must be a JSON Schema, or a schema of a library that has "~standard" (zod 4, valibot, arktype, effect 4)`;
  return new HeddleError("INVALID_OPTION", message, { details: { field } });
}
