import type { AgentOptions } from "./agent-options.ts";
import { shownUrl } from "./redact.ts";

/** Who answers. `model` is what result lines say. */
export type ProviderChoice =
  | { readonly type: "scripted"; readonly model: string }
  | {
      readonly type: "openai";
      readonly model: string;
      /** Undefined: OpenAI's own. */
      readonly server: string | undefined;
    };

type Env = { readonly [name: string]: string | undefined };

const DEFAULT_MODEL = "gpt-5-mini";

/** Chooses who answers, or says why nobody can. Pure. The scripted provider is never chosen by itself: an answer is real or asked to be none. */
export function chooseProvider(
  options: Pick<AgentOptions, "provider" | "model" | "baseURL">,
  env: Env,
): ProviderChoice | { readonly type: "refused"; readonly message: string } {
  if (options.provider === "scripted") {
    return { type: "scripted", model: options.model ?? "scripted" };
  }
  const server = options.baseURL ?? filled(env["OPENAI_BASE_URL"]);
  const hasKey = filled(env["OPENAI_API_KEY"]) !== undefined;
  if (options.provider === undefined && server === undefined && !hasKey) {
    return { type: "refused", message: THREE_WAYS };
  }
  const atOpenai = server === undefined || URL.parse(server)?.hostname === "api.openai.com";
  if (atOpenai && !hasKey) return { type: "refused", message: NO_KEY };
  return { type: "openai", model: options.model ?? DEFAULT_MODEL, server };
}

/** What the user is told about who answers. */
export function describeChoice(choice: ProviderChoice): string {
  if (choice.type === "scripted") return "scripted (a demonstration: canned text, no model)";
  return `openai ${choice.model}${choice.server === undefined ? "" : ` at ${shownUrl(choice.server)}`}`;
}

/** The same in a word or two. */
export function nameOf(choice: ProviderChoice): string {
  return choice.type === "scripted" ? "scripted demonstration" : `openai ${choice.model}`;
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}

const THREE_WAYS = `no model to ask, and an answer is never made up. Three ways to go on:
  1. OpenAI:                          set OPENAI_API_KEY
  2. another server with OpenAI's API: set OPENAI_BASE_URL, or --base-url URL, and --model MODEL
  3. a demonstration without a model:  --provider scripted`;

const NO_KEY =
  "OPENAI_API_KEY is not set. For a server that needs no key: --base-url URL --model MODEL";
