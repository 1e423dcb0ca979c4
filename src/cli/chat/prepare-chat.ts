import process from "node:process";
import type { ProviderDescriptor, WorkerOptions } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import { descriptorOf } from "../provider.ts";
import type { ProviderChoice } from "../provider-choice.ts";
import { chooseProvider } from "../provider-choice.ts";
import type { Redact } from "../redact.ts";
import { workerOptionsOf } from "../worker.ts";
import { layOver, loadAgent } from "./agents.ts";
import type { ChatOptions } from "./arguments.ts";
import { TranscriptFile } from "./transcript-file.ts";

/** All that a chat needs, found and loaded; nothing was changed or started. */
export type PreparedChat = {
  readonly choice: ProviderChoice;
  readonly provider: ProviderDescriptor;
  readonly worker: WorkerOptions & { readonly name: string };
  /** Undefined: the conversation is not kept. */
  readonly file: TranscriptFile | undefined;
};

/** @throws {HeddleError} `INVALID_OPTION` when the chat cannot be as it was asked for. */
export async function prepareChat(
  options: ChatOptions,
  env: { readonly [name: string]: string | undefined },
  redact: Redact,
): Promise<PreparedChat> {
  const choice = chooseProvider(options, env);
  if (choice.type === "refused") throw new HeddleError("INVALID_OPTION", choice.message);
  const { agents, agent, resume } = options;
  const cwd = process.cwd();
  const provider = await descriptorOf(choice, options, env);
  const command = workerOptionsOf(options, cwd);
  const loaded = agents === undefined ? undefined : await loadAgent(agents, agent, cwd);
  const worker = loaded === undefined ? command : layOver(loaded.options, command);
  const file = resume === undefined ? undefined : await TranscriptFile.open(resume, redact);
  const held = file?.transcript ?? [];
  const transcript = held.length > 0 ? { transcript: held } : {};
  return {
    choice,
    provider,
    worker: { ...worker, ...transcript, name: loaded?.name ?? "chat" },
    file,
  };
}
