import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { WorkerOptions } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import { suggest } from "../suggest.ts";
import { joinPermissions } from "../tools/grants.ts";

/** An agent to talk to: its name, and what its worker is made with. */
export type Agent = { readonly name: string; readonly options: WorkerOptions };

/**
 * Loads the agent that is called `name` from a module that exports `agents`: worker options by name.
 *
 * @param path relative to `cwd`
 * @param name undefined: the only one
 * @throws {HeddleError} `INVALID_OPTION` when the module cannot be loaded, or has no such agent.
 */
export async function loadAgent(
  path: string,
  name: string | undefined,
  cwd: string,
): Promise<Agent> {
  const agents = await loadAgents(path, cwd);
  const names = Object.keys(agents);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  const known = names.map((each) => `"${each}"`).join(", ");
  if (chosen === undefined) {
    refuse("agent", `--agents ${path} has several: say which by --agent NAME, one of ${known}`);
  }
  const options = Object.hasOwn(agents, chosen) ? agents[chosen] : undefined;
  if (options === undefined) {
    const meant = suggest(chosen, names);
    const hint = meant === undefined ? `there are ${known}` : `did you mean "${meant}"?`;
    refuse("agent", `--agents ${path} has no agent "${chosen}": ${hint}`);
  }
  return { name: chosen, options };
}

/**
 * Lays what the command line says over an agent's own options. Tools are added, and so is what is granted. Who answers is what the command line
 * says alone.
 */
export function layOver(agent: WorkerOptions, command: WorkerOptions): WorkerOptions {
  const { provider: _, ...own } = agent;
  const permissions = joinPermissions(own.permissions, command.permissions);
  const tools = [...(own.tools ?? []), ...(command.tools ?? [])];
  return {
    ...own,
    ...command,
    model: { ...own.model, ...command.model },
    timeouts: { ...own.timeouts, ...command.timeouts },
    budget: { ...own.budget, ...command.budget },
    tools,
    ...(permissions === undefined ? {} : { permissions }),
  };
}

/**
 * All agents of such a module.
 *
 * @param path relative to `cwd`
 * @throws {HeddleError} `INVALID_OPTION` when the module cannot be loaded, or one of them is no worker's options.
 */
export async function loadAgents(
  path: string,
  cwd: string,
): Promise<{ readonly [name: string]: WorkerOptions }> {
  const { agents } = await load(path, cwd);
  if (!isRecord(agents) || Object.keys(agents).length === 0)
    refuse(
      "agents",
      `--agents ${path} must export \`agents\`: worker options by name, one or more`,
    );
  const bad = Object.keys(agents).find((name) => !isRecord(agents[name]));
  if (bad !== undefined) refuse("agents", `--agents ${path}: "${bad}" is no worker's options`);
  return agents as { readonly [name: string]: WorkerOptions };
}

async function load(path: string, cwd: string): Promise<{ readonly agents?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(cwd, path)).href);
  } catch (cause) {
    const message = `--agents ${path} cannot be loaded: ${(cause as Error).message}`;
    throw new HeddleError("INVALID_OPTION", message, { cause, details: { field: "agents" } });
  }
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(field: string, message: string): never {
  throw new HeddleError("INVALID_OPTION", message, { details: { field } });
}
