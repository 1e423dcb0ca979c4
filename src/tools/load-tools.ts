import { HeddleError } from "../errors.ts";
import type { ToolModule } from "../protocol/tool.ts";
import { MAX_TIMER_MS } from "../transport/clock.ts";
import { schemaOf } from "./schema.ts";
import type { AnyTool } from "./tool.ts";

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** A tool, and the module that it is from. */
export type LoadedTool = { readonly tool: AnyTool; readonly module: ToolModule };

/**
 * Loads the tools of these modules, in their order.
 *
 * @throws {HeddleError} `TOOL_LOAD_FAILED` that names the module and says what is wrong with it.
 */
export async function loadTools(
  modules: readonly ToolModule[],
): Promise<{ readonly tools: readonly LoadedTool[]; readonly isStateful: boolean }> {
  const tools: LoadedTool[] = [];
  let isStateful = false;
  for (const module of modules) {
    const loaded = await loadModule(module);
    isStateful ||= loaded.stateful === true;
    for (const tool of toolsOf(module, await made(module, loaded.tools))) {
      if (tools.some((other) => other.tool.name === tool.name)) {
        throw wrong(module, `there is another tool named "${tool.name}"`);
      }
      tools.push({ tool, module });
    }
  }
  return { tools, isStateful };
}

async function loadModule({ moduleUrl }: ToolModule): Promise<{
  readonly tools?: unknown;
  readonly stateful?: unknown;
}> {
  try {
    return await import(moduleUrl);
  } catch (error) {
    const message = `the module of tools cannot be loaded: ${moduleUrl}`;
    throw new HeddleError("TOOL_LOAD_FAILED", message, { cause: error });
  }
}

async function made(module: ToolModule, tools: unknown): Promise<unknown> {
  if (typeof tools !== "function") {
    if (module.options === undefined) return tools;
    throw wrong(module, "it was given options, but its `tools` is no function of them");
  }
  try {
    return await tools(module.options);
  } catch (error) {
    throw wrong(module, "its function `tools` threw", error);
  }
}

function toolsOf(module: ToolModule, tools: unknown): readonly AnyTool[] {
  if (Array.isArray(tools)) return tools.map((tool, i) => checkTool(module, `tools[${i}]`, tool));
  throw wrong(module, "its export `tools` must be an array, or a function that returns one");
}

function checkTool(module: ToolModule, place: string, given: unknown): AnyTool {
  const tool = given as Partial<AnyTool> | null | undefined;
  const check = (field: string, isRight: boolean, expected: string) => {
    if (!isRight) throw wrong(module, `${place}.${field} must be ${expected}`);
  };
  const { name, description, execute, needsApproval, runsIn, timeoutMs, idempotent } = tool ?? {};
  check("name", typeof name === "string" && NAME.test(name), "1 to 64 of a-z, A-Z, 0-9, _ and -");
  check("description", isOneOf(typeof description, "string", "undefined"), "text");
  check("execute", typeof execute === "function", "a function");
  const approval = isOneOf(typeof needsApproval, "boolean", "function", "undefined");
  check("needsApproval", approval, "true, false or a function");
  check("runsIn", isOneOf(runsIn, "actor", "pool", undefined), '"actor" or "pool"');
  check(
    "timeoutMs",
    timeoutMs === undefined || isDeadline(timeoutMs),
    `a number from 1 to ${MAX_TIMER_MS}`,
  );
  check("idempotent", isOneOf(typeof idempotent, "boolean", "undefined"), "true or false");
  try {
    schemaOf(`${place}.parameters`, tool?.parameters);
  } catch (error) {
    throw wrong(module, `${place}.parameters is no schema`, error);
  }
  return tool as AnyTool;
}

function isOneOf(value: unknown, ...allowed: readonly unknown[]): boolean {
  return allowed.includes(value);
}

function isDeadline(ms: unknown): boolean {
  return typeof ms === "number" && ms >= 1 && ms <= MAX_TIMER_MS;
}

function wrong({ moduleUrl }: ToolModule, why: string, cause?: unknown): HeddleError {
  const message = `the module of tools cannot be used: ${why}: ${moduleUrl}`;
  return new HeddleError("TOOL_LOAD_FAILED", message, cause === undefined ? {} : { cause });
}
