import { describe, HeddleError } from "../errors.ts";
import type { ToolModule } from "../protocol/tool.ts";
import { MAX_TIMER_MS } from "../transport/clock.ts";
import { deniedAccess } from "./access-denied.ts";
import { schemaOf } from "./schema.ts";
import type { AnyTool } from "./tool.ts";
import { TOOL_NAME } from "./tool.ts";

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
  return { tools: made.map((tool, i) => checkTool(module, i, tool)), isStateful: stateful };
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

/** Whoever wrote the module may not have kept to the type. */
function checkTool(module: ToolModule, index: number, given: unknown): AnyTool {
  if (typeof given !== "object" || given === null) {
    throw loadFailed(module, `tools[${index}] must be an object`);
  }
  const tool: { readonly [K in keyof AnyTool]?: unknown } = given;
  const { name } = tool;
  if (typeof name !== "string" || !TOOL_NAME.test(name)) {
    const message = `tools[${index}].name must be 1 to 64 of a-z, A-Z, 0-9, _ and -`;
    throw loadFailed(module, message);
  }
  const wrong = wrongField(tool);
  if (wrong) throw loadFailed(module, `tool "${name}": ${wrong}`, { tool: name });
  try {
    schemaOf("parameters", tool.parameters);
  } catch (error) {
    throw loadFailed(module, `tool "${name}": ${describe(error)}`, { tool: name, cause: error });
  }
  return given as AnyTool;
}

function wrongField(tool: { readonly [K in keyof AnyTool]?: unknown }): string | undefined {
  const { description, needsApproval, runsIn, timeoutMs, idempotent } = tool;
  if (typeof tool.execute !== "function") return "execute must be a function";
  if (!isOneOf(["string", "undefined"], typeof description)) return "description must be a string";
  if (!isOneOf(["boolean", "function", "undefined"], typeof needsApproval)) {
    return "needsApproval must be true, false or a function";
  }
  if (!isOneOf(["actor", "pool", undefined], runsIn)) return 'runsIn must be "actor" or "pool"';
  if (timeoutMs !== undefined && !isTime(timeoutMs)) {
    return `timeoutMs must be a whole number, 1 to ${MAX_TIMER_MS}`;
  }
  if (!isOneOf(["boolean", "undefined"], typeof idempotent)) {
    return "idempotent must be true or false";
  }
  return undefined;
}

function isOneOf(allowed: readonly unknown[], value: unknown): boolean {
  return allowed.includes(value);
}

function isTime(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_TIMER_MS;
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
