import { describe, HeddleError } from "../errors.ts";
import type { ToolModule } from "../protocol/tool.ts";
import { deniedAccess } from "./access-denied.ts";
import { checkTool, TOOL_NAME } from "./check-tool.ts";
import type { AnyTool } from "./tool.ts";

/** What tool modules have given, in the order of the modules. `isStateful`: one of them says so of itself. */
export type ToolSet = {
  readonly tools: readonly AnyTool[];
  /** Which module a tool is from, by its name. */
  readonly modules: ReadonlyMap<string, ToolModule>;
  readonly isStateful: boolean;
};

/**
 * Imports tool modules, one after the other, and checks every tool that they export.
 *
 * @throws {HeddleError} `TOOL_LOAD_FAILED` that names the module and, where there is one, the tool: for a module that cannot be
 * imported, exports no `tools`, or whose function throws; for what is no tool; and for two tools of one name, over all modules.
 */
export async function loadTools(modules: readonly ToolModule[]): Promise<ToolSet> {
  const tools = new Map<string, AnyTool>();
  const moduleOf = new Map<string, ToolModule>();
  let isStateful = false;
  for (const module of modules) {
    const loaded = await loadModule(module);
    isStateful ||= loaded.isStateful;
    for (const tool of loaded.tools) {
      if (tools.has(tool.name)) {
        throw loadFailed(module, `there is already a tool "${tool.name}"`, { tool: tool.name });
      }
      tools.set(tool.name, tool);
      moduleOf.set(tool.name, module);
    }
  }
  return { tools: [...tools.values()], modules: moduleOf, isStateful };
}

async function loadModule(module: ToolModule): Promise<Omit<ToolSet, "modules">> {
  const exported = await importModule(module);
  const { tools: given, stateful = false } = exported;
  if (given === undefined) {
    const found = Object.keys(exported).join(", ") || "nothing";
    throw loadFailed(module, `it must export \`tools\` (it exports: ${found})`);
  }
  if (typeof stateful !== "boolean") {
    throw loadFailed(module, "what it exports as `stateful` must be true or false");
  }
  const made: unknown = typeof given === "function" ? await callWith(module, given) : given;
  if (!Array.isArray(made)) {
    const what = typeof given === "function" ? "what its `tools()` returns" : "its `tools`";
    throw loadFailed(module, `${what} must be an array`);
  }
  return { tools: made.map((tool, i) => checkedTool(module, i, tool)), isStateful: stateful };
}

type Exported = { readonly tools?: unknown; readonly stateful?: unknown };

async function importModule(module: ToolModule): Promise<Exported> {
  try {
    return await import(module.moduleUrl);
  } catch (error) {
    const why = describe(deniedAccess(error) ?? error);
    throw loadFailed(module, `it cannot be loaded: ${why}`, { cause: error });
  }
}

async function callWith(module: ToolModule, make: unknown): Promise<unknown> {
  try {
    return await (make as (options: unknown) => unknown)(module.options);
  } catch (error) {
    throw loadFailed(module, `its \`tools()\` threw: ${describe(error)}`, { cause: error });
  }
}

function checkedTool(module: ToolModule, index: number, given: unknown): AnyTool {
  const { name } = Object(given) as { readonly name?: unknown };
  const isNamed = typeof name === "string" && TOOL_NAME.test(name);
  try {
    checkTool(isNamed ? "" : `tools[${index}]`, given);
    return given;
  } catch (error) {
    if (!isNamed) throw loadFailed(module, describe(error), { cause: error });
    throw loadFailed(module, `tool "${name}": ${describe(error)}`, { tool: name, cause: error });
  }
}

function loadFailed(
  { moduleUrl }: ToolModule,
  why: string,
  { tool, ...options }: { readonly tool?: string; readonly cause?: unknown } = {},
): HeddleError {
  const details = { module: moduleUrl, ...(tool === undefined ? {} : { tool }) };
  const message = `tool module ${moduleUrl}: ${why}`;
  return new HeddleError("TOOL_LOAD_FAILED", message, { ...options, details });
}
