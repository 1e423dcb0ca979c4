import process from "node:process";
import type { ProviderDescriptor, WorkerOptions } from "../index.ts";
import { HeddleError } from "../index.ts";
import type { RunOptions, Source } from "./arguments.ts";
import type { BadLine, Input } from "./input.ts";
import { readInputs } from "./input.ts";
import { descriptorOf } from "./provider.ts";
import type { ProviderChoice } from "./provider-choice.ts";
import { chooseProvider } from "./provider-choice.ts";
import type { Found } from "./result-file.ts";
import { findResults } from "./result-file.ts";
import { openSource, readUntil } from "./source.ts";
import { Stopping } from "./stopping.ts";
import { workerOptionsOf } from "./worker.ts";

/** All that a run needs, found and opened; nothing was changed or started. */
export type Prepared = {
  readonly options: RunOptions;
  readonly choice: ProviderChoice;
  readonly provider: ProviderDescriptor;
  /** What the command line says of each worker. */
  readonly worker: WorkerOptions;
  readonly inputs: AsyncIterable<Input | BadLine>;
  readonly found: Found | undefined;
  /** Ends `inputs`, too. */
  readonly stopping: Stopping;
};

/** @throws {HeddleError} `INVALID_OPTION` or `INVALID_INPUT` when the run cannot be as it was asked for. */
export async function prepare(
  options: RunOptions,
  env: { readonly [name: string]: string | undefined },
): Promise<Prepared> {
  const choice = chooseProvider(options, env);
  if (choice.type === "refused") throw new HeddleError("INVALID_OPTION", choice.message);
  const provider = await descriptorOf(choice, options, env);
  const worker = workerOptionsOf(options, process.cwd());
  const { out, resume, source } = options;
  const found = out === undefined ? undefined : await findResults(out, resume);
  const stopping = new Stopping();
  const inputs = await openInputs(source, stopping.noMore);
  return { options, choice, provider, worker, inputs, found, stopping };
}

async function openInputs(
  source: Source,
  stop: AbortSignal,
): Promise<AsyncIterable<Input | BadLine>> {
  if (source.type === "prompt") return single(source.text);
  const stream = await openSource(source.type === "file" ? source.path : undefined);
  return readInputs(readUntil(stream, stop));
}

async function* single(prompt: string): AsyncGenerator<Input, void, undefined> {
  yield { type: "input", line: 1, id: "prompt", ownId: false, prompt, instructions: undefined };
}
