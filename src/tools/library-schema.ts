import { createRequire } from "node:module";
import { describe, HeddleError } from "../errors.ts";
import type { SchemaNode } from "./json-schema/keywords.ts";

/** A schema that says of itself what it is, by Standard Schema. */
export type LibrarySchema = {
  readonly "~standard": {
    readonly vendor?: unknown;
    readonly validate?: unknown;
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => unknown;
    };
  };
  readonly _zod?: unknown;
};

type Convert = (schema: unknown, options: object) => unknown;

/** Of libraries whose schemas cannot show themselves, what shows them, if it is installed. */
const CONVERTERS: ReadonlyMap<unknown, { readonly module: string; readonly name: string }> =
  new Map([
    ["zod", { module: "zod/v4/core", name: "toJSONSchema" }],
    ["valibot", { module: "@valibot/to-json-schema", name: "toJsonSchema" }],
  ]);
const MENDS: ReadonlyMap<unknown, string> = new Map([
  ["zod", "install zod 4, or hand in z.toJSONSchema(schema)"],
  ["valibot", "install @valibot/to-json-schema, or hand in toStandardJsonSchema(schema) of it"],
  [
    "effect",
    "hand in Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(schema)), of effect 4",
  ],
]);
const ZOD_3 =
  'is a schema of zod 3, which cannot be shown as a JSON Schema: make it with zod 4 (zod 3.25 has it as "zod/v4"), or hand in a JSON Schema';

/**
 * The JSON Schema of what a library's schema takes.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names `field` and the mend.
 */
export function shownAsJson(field: string, schema: LibrarySchema): SchemaNode {
  const { vendor, validate } = schema["~standard"];
  if (typeof validate !== "function") {
    refuse(field, `cannot check anything; ${mendOf(vendor)}`);
  }
  try {
    return jsonOf(field, schema) as SchemaNode;
  } catch (error) {
    if (HeddleError.is(error)) throw error;
    refuse(field, `cannot be shown as a JSON Schema: ${describe(error)}`, error);
  }
}

/** A schema of effect, as it is made: it says nothing of itself. */
export function isBareEffect(given: object): boolean {
  return "~effect/Schema/Schema" in given || ("ast" in given && typeof given === "function");
}

export function refuseBareEffect(field: string): never {
  refuse(field, `is a schema of effect as it is made: ${mendOf("effect")}`);
}

function jsonOf(field: string, schema: LibrarySchema): unknown {
  const { jsonSchema, vendor } = schema["~standard"];
  if (jsonSchema) return jsonSchema.input({ target: "draft-2020-12" });
  if (vendor === "zod" && !schema._zod) refuse(field, ZOD_3);
  const convert = converterOf(vendor);
  if (!convert) refuse(field, `cannot be shown as a JSON Schema by its library: ${mendOf(vendor)}`);
  // Each of them has its own names for the same.
  return convert(schema, { target: "draft-2020-12", io: "input", typeMode: "input" });
}

function converterOf(vendor: unknown): Convert | undefined {
  const converter = CONVERTERS.get(vendor);
  if (!converter) return undefined;
  for (const from of [import.meta.url, workingDirectory()]) {
    try {
      return createRequire(from)(converter.module)[converter.name];
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

function workingDirectory(): string {
  try {
    return `${process.cwd()}/`;
  } catch {
    return import.meta.url;
  }
}

function mendOf(vendor: unknown): string {
  const other = "hand in a JSON Schema, or a schema of zod 4, valibot, arktype or effect 4";
  return MENDS.get(vendor) ?? other;
}

function refuse(field: string, problem: string, cause?: unknown): never {
  const options = cause === undefined ? {} : { cause };
  throw new HeddleError("INVALID_OPTION", `${field} ${problem}`, {
    ...options,
    details: { field },
  });
}
