import { knownProvider, PROVIDER_NAMES } from "./known-providers.ts";
import type { OptionValues } from "./option-values.ts";
import type { Grants } from "./tools/grants.ts";
import { readGrants } from "./tools/grants.ts";
import type { ToolOption } from "./tools/tool-option.ts";
import { readModule, readServer } from "./tools/tool-option.ts";

/** What a command line says of an agent: what `run` and `chat` have in common. */
export type AgentOptions = {
  /** One of `PROVIDER_NAMES`. */
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly baseURL: string | undefined;
  readonly api: "chat" | "responses" | undefined;
  readonly instructions: string | undefined;
  readonly temperature: number | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly script: string | undefined;
  readonly tools: readonly ToolOption[];
  readonly grants: Grants;
  readonly confirm: "ask" | "allow" | "deny" | undefined;
  /** Of each job, as the others below. */
  readonly timeoutMs: number | undefined;
  readonly maxSteps: number | undefined;
  readonly budgetTokens: number | undefined;
};

/** Pure; what is wrong is added to the problems of `values`. */
export function readAgentOptions(values: OptionValues): AgentOptions {
  const { problems } = values;
  const options: AgentOptions = {
    provider: values.choice("provider", PROVIDER_NAMES),
    model: values.text("model"),
    baseURL: values.url("base-url"),
    api: values.choice("api", ["chat", "responses"]),
    instructions: values.text("instructions"),
    temperature: values.number("temperature"),
    maxOutputTokens: values.number("max-output-tokens"),
    script: values.text("script"),
    tools: [
      ...values.texts("tools").flatMap((text) => readModule(text, problems)),
      ...values.texts("mcp").flatMap((text) => readServer(text, problems)),
    ],
    grants: readGrants(values.texts("grant"), problems),
    confirm: values.choice("confirm", ["ask", "allow", "deny"]),
    timeoutMs: values.number("timeout-ms"),
    maxSteps: values.number("max-steps"),
    budgetTokens: values.number("budget-tokens"),
  };
  if (options.provider === "scripted" && options.baseURL !== undefined) {
    problems.push("--base-url has no meaning for --provider scripted, which asks no server");
  }
  if (options.api !== undefined && knownProvider(options.provider)?.by === "package") {
    problems.push(`--api has no meaning for --provider ${options.provider}, which has its own`);
  }
  if (options.provider !== "scripted" && options.script !== undefined) {
    problems.push("--script needs --provider scripted");
  }
  return options;
}
