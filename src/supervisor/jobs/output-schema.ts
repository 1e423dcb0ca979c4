import type { OutputSpec } from "../../protocol/model.ts";
import type { SchemaCheck } from "../../tools/schema.ts";
import { schemaOf } from "../../tools/schema.ts";

/** What a job's last response is to be: as the model's server is told, and what checks it. */
export type Output = { readonly spec: OutputSpec; readonly check: SchemaCheck };

/** @throws {HeddleError} `INVALID_OPTION` that names `output` and the mend, for what is no schema or cannot be used. */
export function outputOf(given: unknown): Output | undefined {
  if (given === undefined) return undefined;
  const { json, check } = schemaOf("output", given, "output");
  return { spec: { name: "output", schema: json }, check };
}
