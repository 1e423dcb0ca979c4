import { HeddleError } from "../errors.ts";
import type { ToolSpec } from "../protocol/model.ts";
import type { Schema } from "./schema.ts";
import { schemaOf } from "./schema.ts";
import type { AnyTool } from "./tool.ts";

/** A tool with what checks its arguments. */
export type ReadyTool = { readonly tool: AnyTool; readonly schema: Schema };

/** What was made of a tool's schema serves all jobs that may call it: to show one, and to prepare its check, takes its time. */
const READY = new WeakMap<AnyTool, ReadyTool>();

/** Tools by their name. */
export class Toolbox {
  readonly specs: readonly ToolSpec[];
  readonly #tools: ReadonlyMap<string, ReadyTool>;

  /** @throws {HeddleError} `INVALID_OPTION` for parameters that are no schema. */
  constructor(tools: readonly AnyTool[]) {
    const ready = tools.map(readyTool);
    this.#tools = new Map(ready.map((one) => [one.tool.name, one]));
    this.specs = ready.map(specOf);
  }

  find(name: string): ReadyTool | undefined {
    return this.#tools.get(name);
  }
}

/** The same tools. @throws {HeddleError} `TOOL_LOAD_FAILED` for two of one name. */
export function distinct(specs: readonly ToolSpec[]): readonly ToolSpec[] {
  const twice = repeatedName(specs);
  if (twice === undefined) return specs;
  throw new HeddleError("TOOL_LOAD_FAILED", `the worker has two tools named "${twice}"`);
}

/** A name that two of them have. */
export function repeatedName(named: readonly { readonly name: string }[]): string | undefined {
  const names = named.map(({ name }) => name);
  return names.find((name, i) => names.indexOf(name) !== i);
}

function readyTool(tool: AnyTool): ReadyTool {
  const known = READY.get(tool);
  if (known) return known;
  const schema = schemaOf(`the parameters of tool "${tool.name}"`, tool.parameters);
  const ready = { tool, schema };
  READY.set(tool, ready);
  return ready;
}

function specOf({ tool, schema }: ReadyTool): ToolSpec {
  const { name, description, strict = false } = tool;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: schema.json,
    ...(strict ? { strict } : {}),
  };
}
