import type { ProviderDescriptor, WorkerOptions } from "../index.ts";
import { openaiProvider, scriptedProvider } from "../index.ts";
import type { RunOptions } from "./arguments.ts";
import type { Input } from "./input.ts";
import type { ProviderChoice } from "./provider-choice.ts";

const DEMONSTRATION =
  "This is a demonstration of Heddle. No model was asked: the scripted provider gives every prompt this same text, " +
  "piece by piece and at the pace of a model, so that the road from a prompt to its result can be seen.";

/** About 45 pieces: a second or so. */
const PIECES_PER_SECOND = 40;

/** @throws {HeddleError} `INVALID_OPTION`. A base URL and a key of the environment are left to the provider, which names them in its errors. */
export function descriptorOf(
  choice: ProviderChoice,
  { baseURL, api }: RunOptions,
): ProviderDescriptor {
  if (choice.type === "scripted") {
    const response = { text: DEMONSTRATION, chunksPerSecond: PIECES_PER_SECOND };
    return scriptedProvider({ seed: 1, repeat: true, responses: [response] });
  }
  return openaiProvider({
    model: choice.model,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(api === undefined ? {} : { api }),
  });
}

/** The worker that answers `input`. Its own instructions go before those of the command line; empty ones mean none. */
export function workerOptionsOf(input: Input, options: RunOptions): WorkerOptions {
  const instructions = input.instructions ?? options.instructions ?? "";
  const { model, temperature, maxOutputTokens, timeoutMs } = options;
  return {
    model: {
      ...(model === undefined ? {} : { name: model }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    },
    ...(instructions === "" ? {} : { instructions }),
    ...(timeoutMs === undefined ? {} : { timeouts: { totalMs: timeoutMs } }),
  };
}
