import { checkTool } from "./check-tool.ts";
import type { Parameters, Tool } from "./tool.ts";

/**
 * A tool. A tool module exports `tools`, an array of them, or a function of the module's options that returns one; beside it, it may export
 * `stateful = true`: then its worker keeps its thread. As a host tool, it is given to `createWorker`.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and the mend: for a field that is unknown or has a value that it cannot have,
 * and for parameters that are no schema of an object.
 */
export function defineTool<P extends Parameters, R>(tool: Tool<P, R>): Tool<P, R> {
  checkTool("", tool);
  return tool;
}
