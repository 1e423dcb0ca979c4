import type { ToolSpec } from "../protocol/model.ts";
import type { Schema } from "./schema.ts";
import { schemaOf } from "./schema.ts";
import type { AnyTool } from "./tool.ts";

/** A tool with what checks its arguments. */
export type ReadyTool = { readonly tool: AnyTool; readonly schema: Schema };

/** Tools by their name. */
export class Toolbox {
  readonly specs: readonly ToolSpec[];
  readonly #tools: ReadonlyMap<string, ReadyTool>;

  /** @throws {HeddleError} `INVALID_OPTION` for parameters that are no schema. */
  constructor(tools: readonly AnyTool[]) {
    const ready = tools.map((tool) => ({
      tool,
      schema: schemaOf(`the parameters of tool "${tool.name}"`, tool.parameters),
    }));
    this.#tools = new Map(ready.map((one) => [one.tool.name, one]));
    this.specs = ready.map(specOf);
  }

  find(name: string): ReadyTool | undefined {
    return this.#tools.get(name);
  }
}

function specOf({ tool, schema }: ReadyTool): ToolSpec {
  const { name, description } = tool;
  return { name, ...(description === undefined ? {} : { description }), parameters: schema.json };
}
