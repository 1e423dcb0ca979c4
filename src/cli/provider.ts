import { readFile } from "node:fs/promises";
import type { ProviderDescriptor, Script } from "../index.ts";
import { aiSdkProvider, HeddleError, openaiProvider, scriptedProvider } from "../index.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { KnownProvider } from "./known-providers.ts";
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
  env: { readonly [name: string]: string | undefined },
): Promise<ProviderDescriptor> {
  if (choice.type === "known") {
    const { known } = choice;
    return known.by === "package"
      ? packageDescriptor(choice, known, env)
      : compatibleDescriptor(choice, known, api, env);
  }
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

type KnownChoice = Extract<ProviderChoice, { type: "known" }>;
type Env = { readonly [name: string]: string | undefined };

function packageDescriptor(
  { model, server, keys }: KnownChoice,
  known: Extract<KnownProvider, { by: "package" }>,
  env: Env,
): ProviderDescriptor {
  // All packages call a single key the same, and not all of them look for it under each of its names.
  const apiKey = keys.length === 1 ? env[keys[0] ?? ""] : undefined;
  return aiSdkProvider({
    package: known.package,
    create: known.create,
    model,
    env: [...keys, ...(known.env ?? [])],
    settings: {
      ...(server === undefined ? {} : { baseURL: server }),
      ...(apiKey === undefined ? {} : { apiKey: apiKey.trim() }),
    },
  });
}

function compatibleDescriptor(
  { model, server, keys }: KnownChoice,
  { baseURL, keyHeader }: Extract<KnownProvider, { by: "openai" }>,
  api: AgentOptions["api"],
  env: Env,
): ProviderDescriptor {
  const key = env[keys.at(-1) ?? ""]?.trim() ?? "none";
  return openaiProvider({
    model,
    baseURL: server ?? (typeof baseURL === "string" ? baseURL : baseURL(env)),
    ...(keyHeader === undefined ? { apiKey: key } : { headers: { [keyHeader]: key } }),
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
