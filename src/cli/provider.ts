import { readFile } from "node:fs/promises";
import type { ProviderDescriptor, Script } from "../index.ts";
import { HeddleError, openaiProvider, scriptedProvider } from "../index.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { ProviderChoice } from "./provider-choice.ts";

const DEMONSTRATION =
  "This is a demonstration of Heddle. No model was asked: the scripted provider gives every prompt this same text, " +
  "piece by piece and at the pace of a model, so that the road from a prompt to its result can be seen.";

/** About 45 pieces: a second or so. */
const PIECES_PER_SECOND = 40;

/**
 * @throws {HeddleError} `INVALID_OPTION`, also for a script that cannot be played. A base URL and a key of the environment are left to the provider, which
 * names them in its errors.
 */
export async function descriptorOf(
  choice: ProviderChoice,
  { baseURL, api, script }: AgentOptions,
): Promise<ProviderDescriptor> {
  if (choice.type === "scripted") {
    if (script !== undefined) return scriptedProvider(await readScript(script));
    const response = { text: DEMONSTRATION, chunksPerSecond: PIECES_PER_SECOND };
    return scriptedProvider({ seed: 1, repeat: true, responses: [response] });
  }
  return openaiProvider({
    model: choice.model,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(api === undefined ? {} : { api }),
  });
}

async function readScript(path: string): Promise<Script> {
  try {
    return { responses: JSON.parse(await readFile(path, "utf8")) as Script["responses"] };
  } catch (cause) {
    const message = `--script ${path}: ${(cause as Error).message}`;
    throw new HeddleError("INVALID_OPTION", message, { cause, details: { field: "script" } });
  }
}
