import process from "node:process";
import type { ProviderDescriptor, Supervisor, WorkerOptions } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import { layOver, loadAgents } from "../chat/agents.ts";
import { descriptorOf } from "../provider.ts";
import type { ProviderChoice } from "../provider-choice.ts";
import { chooseProvider } from "../provider-choice.ts";
import { workerOptionsOf } from "../worker.ts";
import type { ServeOptions } from "./arguments.ts";
import type { ServerPackages } from "./server-packages.ts";
import { loadServer } from "./server-packages.ts";
import type { Access } from "./token.ts";
import { accessOf } from "./token.ts";

export type Agents = { readonly [name: string]: WorkerOptions };

/** All that a server needs, found and loaded; nothing was started. */
export type PreparedServe = {
  readonly options: ServeOptions;
  readonly choice: ProviderChoice;
  readonly provider: ProviderDescriptor;
  readonly agents: Agents;
  readonly access: Access;
  readonly packages: ServerPackages;
};

/** @throws {HeddleError} `INVALID_OPTION` when the server cannot be as it was asked for; `SERVER_NOT_INSTALLED`. */
export async function prepareServe(
  options: ServeOptions,
  env: { readonly [name: string]: string | undefined },
): Promise<PreparedServe> {
  const choice = chooseProvider(options, env);
  if (choice.type === "refused") throw new HeddleError("INVALID_OPTION", choice.message);
  const access = accessOf(options.auth, env["HEDDLE_TOKEN"]);
  const packages = await loadServer();
  const provider = await descriptorOf(choice, options, env);
  const cwd = process.cwd();
  const command = workerOptionsOf(options, cwd);
  const agents =
    options.agents === undefined
      ? { default: command }
      : laidOver(await loadAgents(options.agents, cwd), command);
  return { options, choice, provider, agents, access, packages };
}

/** Refuses agents that cannot be before anybody asks for one. @throws {HeddleError} `INVALID_OPTION` that names the agent. */
export async function checkAgents(supervisor: Supervisor, agents: Agents): Promise<void> {
  await using session = supervisor.openSession({ name: "heddle serve: agents" });
  for (const [name, options] of Object.entries(agents)) {
    try {
      session.createWorker(options);
    } catch (cause) {
      const message = `agent "${name}": ${(cause as Error).message}`;
      throw new HeddleError("INVALID_OPTION", message, { cause, details: { field: "agents" } });
    }
  }
}

function laidOver(agents: Agents, command: WorkerOptions): Agents {
  const entries = Object.entries(agents).map(([name, { name: _, ...own }]) => {
    return [name, layOver(own, command)] as const;
  });
  return Object.fromEntries(entries);
}
