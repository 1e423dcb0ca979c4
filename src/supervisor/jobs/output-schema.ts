import { describe, HeddleError } from "../../errors.ts";
import type { OutputSpec } from "../../protocol/model.ts";
import type { SchemaCheck } from "../../tools/schema.ts";
import { schemaOf } from "../../tools/schema.ts";

/** What a job's last response is to be: as the model's server is told, and what checks it. */
export type Output = { readonly spec: OutputSpec; readonly check: SchemaCheck };

/** @throws {HeddleError} `INVALID_OPTION` that names `output`, for what is no schema, or cannot be sent as JSON. */
export function outputOf(given: unknown): Output | undefined {
  if (given === undefined) return undefined;
  const { json, check } = schemaOf("output", given);
  return { spec: { name: "output", schema: sent(json) }, check };
}

function sent(schema: OutputSpec["schema"]): OutputSpec["schema"] {
  try {
    return JSON.parse(JSON.stringify(schema));
  } catch (error) {
    const message = `output must be a schema that can be sent as JSON: ${describe(error)}`;
    throw new HeddleError("INVALID_OPTION", message, {
      cause: error,
      details: { field: "output" },
    });
  }
}
