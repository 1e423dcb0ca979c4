import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, HeddleError } from "../errors.ts";
import type { JsonSchema, Parameters, StandardSchema } from "./tool.ts";

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

/** Checks values against one schema. */
export type SchemaCheck = (value: unknown) => Promise<Checked>;

/** A schema as it is shown to a model, and what checks values against it. */
export type Schema = { readonly json: JsonSchema; readonly check: SchemaCheck };

/**
 * Takes a schema of either kind.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names `field`, for what is neither, and for a schema that cannot be shown as JSON Schema.
 */
export function schemaOf(field: string, given: unknown): Schema {
  if (typeof given !== "object" && typeof given !== "function") throw noSchema(field);
  if (given === null || Array.isArray(given)) throw noSchema(field);
  return "~standard" in given
    ? standard(field, given as Parameters as StandardSchema)
    : jsonSchema(field, given as JsonSchema);
}

function standard(field: string, schema: StandardSchema): Schema {
  return { json: shownAsJson(field, schema), check: (value) => checkStandard(schema, value) };
}

function shownAsJson(field: string, schema: StandardSchema): JsonSchema {
  const { jsonSchema: shown } = schema["~standard"];
  if (!shown) {
    const message = `${field} cannot be shown as a JSON Schema by its library; hand in a JSON Schema, or wrap it`;
    throw new HeddleError("INVALID_OPTION", message, { details: { field } });
  }
  try {
    // Some models' servers refuse what names the dialect.
    const { $schema: _, ...json } = shown.input({ target: "draft-2020-12" });
    return json;
  } catch (error) {
    const message = `${field} cannot be shown as a JSON Schema: ${describe(error)}`;
    throw new HeddleError("INVALID_OPTION", message, { cause: error, details: { field } });
  }
}

async function checkStandard(schema: StandardSchema, value: unknown): Promise<Checked> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return { ok: true, value: result.value };
  return { ok: false, issues: result.issues.slice(0, MAX_ISSUES).map(readable) };
}

function readable({ message, path = [] }: StandardSchemaV1.Issue): string {
  const place = path.map((step) => String(typeof step === "object" ? step.key : step)).join(".");
  return place === "" ? message : `${place}: ${message}`;
}

/** The validator is loaded with the first check: most threads never need one. */
function jsonSchema(field: string, schema: JsonSchema): Schema {
  if (!isPlain(schema)) throw noSchema(field);
  let loaded: Promise<(value: unknown) => readonly string[]> | undefined;
  return {
    json: schema,
    check: async (value) => {
      loaded ??= jsonSchemaIssues(schema);
      const issues = (await loaded)(value);
      return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
    },
  };
}

let loadedValidator: Promise<typeof import("@cfworker/json-schema")> | undefined;

/** What tells what is wrong with a value by a JSON Schema, in readable lines; none: it is valid. */
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

function isPlain(schema: JsonSchema): boolean {
  try {
    structuredClone(schema);
    return true;
  } catch {
    return false;
  }
}

function noSchema(field: string): HeddleError {
  const message = `${field} must be a JSON Schema, or a schema of a library that has "~standard" (zod 4, valibot, arktype)`;
  return new HeddleError("INVALID_OPTION", message, { details: { field } });
}
