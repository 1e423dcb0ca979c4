import { HeddleError } from "../errors.ts";
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

/** The same tools. @throws {HeddleError} `TOOL_LOAD_FAILED` for two of one name. */
export function distinct(specs: readonly ToolSpec[]): readonly ToolSpec[] {
  const names = specs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return specs;
  throw new HeddleError("TOOL_LOAD_FAILED", `the worker has two tools named "${twice}"`);
}

function specOf({ tool, schema }: ReadyTool): ToolSpec {
  const { name, description } = tool;
  return { name, ...(description === undefined ? {} : { description }), parameters: schema.json };
}
