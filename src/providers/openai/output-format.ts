import type { ModelRequest, OutputSpec } from "../../protocol/model.ts";

/** How a server is told what a text is to be: by its schema, as any JSON, or by the instructions alone. */
export type OutputFormat = "json_schema" | "json_object" | "none";

/** The formats, each with what is tried when a server refuses it. */
export const NEXT_FORMAT: { readonly [format in OutputFormat]: OutputFormat | undefined } = {
  json_schema: "json_object",
  json_object: "none",
  none: undefined,
};

/** The instructions of a request. They say what the schema is, where the format does not. */
export function instructionsFor(request: ModelRequest, format: OutputFormat): string | undefined {
  const { instructions, output } = request;
  if (output === undefined || format === "json_schema") return instructions;
  return [...(instructions === undefined ? [] : [instructions]), schemaInWords(output)].join(
    "\n\n",
  );
}

export function formatWarning(format: OutputFormat): string {
  return `the model server does not take the format "json_schema": the output was asked for as "${format}", and its schema is in the instructions`;
}

function schemaInWords({ schema }: OutputSpec): string {
  return `Answer with JSON only and nothing around it. Its JSON Schema: ${JSON.stringify(schema)}`;
}
