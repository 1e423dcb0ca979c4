import type { AgentOptions } from "./agent-options.ts";
import type { KnownProvider } from "./known-providers.ts";
import { keysIn, knownProvider, wantedKeys } from "./known-providers.ts";
import { shownUrl } from "./redact.ts";

/** Who answers. `model` is what result lines say. */
export type ProviderChoice =
  | { readonly type: "scripted"; readonly model: string }
  | {
      readonly type: "openai";
      readonly model: string;
      /** Undefined: OpenAI's own. */
      readonly server: string | undefined;
    }
  | {
      readonly type: "known";
      readonly model: string;
      readonly known: KnownProvider;
      /** Undefined: the company's own. */
      readonly server: string | undefined;
      /** The variables that have its key. */
      readonly keys: readonly string[];
    };

type Refused = { readonly type: "refused"; readonly message: string };

type Env = { readonly [name: string]: string | undefined };

const DEFAULT_MODEL = "gpt-5-mini";

/** Chooses who answers, or says why nobody can. Pure. The scripted provider is never chosen by itself: an answer is real or asked to be none. */
export function chooseProvider(
  options: Pick<AgentOptions, "provider" | "model" | "baseURL">,
  env: Env,
): ProviderChoice | Refused {
  if (options.provider === "scripted") {
    return { type: "scripted", model: options.model ?? "scripted" };
  }
  const known = knownProvider(options.provider);
  if (known !== undefined) return chooseKnown(known, options, env);
  const server = options.baseURL ?? filled(env["OPENAI_BASE_URL"]);
  const hasKey = filled(env["OPENAI_API_KEY"]) !== undefined;
  if (options.provider === undefined && server === undefined && !hasKey) {
    return { type: "refused", message: WAYS };
  }
  const atOpenai = server === undefined || URL.parse(server)?.hostname === "api.openai.com";
  if (atOpenai && !hasKey) return { type: "refused", message: NO_KEY };
  return { type: "openai", model: options.model ?? DEFAULT_MODEL, server };
}

function chooseKnown(
  known: KnownProvider,
  { model, baseURL }: Pick<AgentOptions, "model" | "baseURL">,
  env: Env,
): ProviderChoice | Refused {
  const { name } = known;
  if (model === undefined) {
    return {
      type: "refused",
      message: `--provider ${name} needs --model MODEL: it has no default`,
    };
  }
  const keys = keysIn(known, env);
  if (keys === undefined) {
    return { type: "refused", message: `--provider ${name} needs ${wantedKeys(known)} to be set` };
  }
  return { type: "known", model, known, server: baseURL, keys };
}

/** The provider's name, for result lines and among the supervisor's providers. */
export function providerName(choice: ProviderChoice): string {
  return choice.type === "known" ? choice.known.name : choice.type;
}

/** What the user is told about who answers. */
export function describeChoice(choice: ProviderChoice): string {
  if (choice.type === "scripted") return "scripted (a demonstration: canned text, no model)";
  const server = choice.server === undefined ? "" : ` at ${shownUrl(choice.server)}`;
  return `${nameOf(choice)}${server}`;
}

/** The same in a word or two. */
export function nameOf(choice: ProviderChoice): string {
  if (choice.type === "scripted") return "scripted demonstration";
  return `${providerName(choice)} ${choice.model}`;
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}

const WAYS = `no model to ask, and an answer is never made up. Ways to go on:
  1. OpenAI:                          set OPENAI_API_KEY
  2. another server with OpenAI's API: set OPENAI_BASE_URL, or --base-url URL, and --model MODEL
  3. another company's models:        --provider NAME --model MODEL (heddle --help has the names)
  4. a demonstration without a model:  --provider scripted`;

const NO_KEY =
  "OPENAI_API_KEY is not set. For a server that needs no key: --base-url URL --model MODEL";
