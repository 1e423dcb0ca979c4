import type { WorkerOptions } from "../index.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { Input } from "./input.ts";
import { permissionsOf } from "./tools/grants.ts";
import { sourceOf } from "./tools/sources.ts";

/**
 * The worker that a command line asks for. Paths are relative to `cwd`.
 *
 * @throws {HeddleError} `INVALID_OPTION` for a source of tools that cannot be.
 */
export function workerOptionsOf(options: AgentOptions, cwd: string): WorkerOptions {
  const { instructions = "", confirm, grants, maxSteps, timeoutMs, budgetTokens } = options;
  const permissions = permissionsOf(grants, cwd);
  const tools = options.tools.map((option) => sourceOf(option, cwd));
  return {
    model: modelSettingsOf(options),
    ...(instructions === "" ? {} : { instructions }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(confirm === undefined ? {} : { approvals: confirm }),
    ...(maxSteps === undefined ? {} : { maxSteps }),
    ...(timeoutMs === undefined ? {} : { timeouts: { totalMs: timeoutMs } }),
    ...(budgetTokens === undefined ? {} : { budget: { maxTotalTokens: budgetTokens } }),
  };
}

/** The same for the worker that answers `input`. Its own instructions go before those of the command line; empty ones mean none. */
export function workerFor(
  input: Input,
  { instructions: common, ...worker }: WorkerOptions,
): WorkerOptions {
  const instructions = input.instructions ?? common ?? "";
  return { ...worker, ...(instructions === "" ? {} : { instructions }) };
}

function modelSettingsOf({ model, temperature, maxOutputTokens }: AgentOptions) {
  return {
    ...(model === undefined ? {} : { name: model }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
}
