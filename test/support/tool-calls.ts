import { schemaOf } from "../../src/tools/schema.ts";
import type { JsonSchema, Tool, ToolContext } from "../../src/tools/tool.ts";
import { toolContext } from "./tool-context.ts";

/** Calls a tool as an actor does: with arguments that its schema has found valid. */
export async function call<R = unknown>(
  tools: readonly Tool<JsonSchema>[],
  name: string,
  args: { readonly [name: string]: unknown },
  ctx: ToolContext = toolContext(),
): Promise<R> {
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw new TypeError(`there is no tool ${name}`);
  const checked = await schemaOf("parameters", tool.parameters).check(args);
  if (!checked.ok) throw new TypeError(checked.issues.join("; "));
  // A result crosses threads.
  return structuredClone(await tool.execute(args, ctx)) as R;
}
