import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { JsonObject, ModelRequest, ModelSettings } from "../../protocol/model.ts";
import { isStrictSchema } from "../openai/strict-schema.ts";
import { withMarks, withToolMark } from "./cache-marks.ts";
import type { Dialect } from "./dialect.ts";
import { dialectOf, layered } from "./dialect.ts";
import type { AiSdkProviderTool } from "./options.ts";
import type { ReadsUrl } from "./prompt.ts";
import { toPrompt } from "./prompt.ts";

type Tools = NonNullable<LanguageModelV4CallOptions["tools"]>;
type Call = { readonly options: LanguageModelV4CallOptions; readonly warnings: readonly string[] };
type Mapped = { readonly providerOptions: JsonObject; readonly warnings: readonly string[] };

/**
 * What a package is called with for `request`. A setting that it has no word for becomes a warning. Pure.
 *
 * @throws {HeddleError} `PROVIDER_BAD_REQUEST` that says what of the conversation cannot be sent.
 */
export function callOptions(
  request: ModelRequest,
  model: Pick<LanguageModelV4, "provider">,
  readsUrl: ReadsUrl,
  serverTools: readonly AiSdkProviderTool[],
): Call {
  const dialect = dialectOf(model.provider);
  const { settings } = request;
  const { providerOptions, warnings } = inDialect(request, model.provider, dialect);
  const tools = toolsOf(request, serverTools);
  const prompt = toPrompt(request, readsUrl);
  const mark = settings.cache === "auto" ? markOf(dialect) : undefined;
  const toolMark = dialect.marksTools ? mark : undefined;
  return {
    warnings,
    options: {
      prompt: mark ? withMarks(prompt, mark) : prompt,
      ...commonSettings(settings),
      ...(tools.length === 0 ? {} : { tools: toolMark ? withToolMark(tools, toolMark) : tools }),
      ...(tools.length === 0 ? {} : toolChoiceOf(settings)),
      ...outputOf(request),
      ...(Object.keys(providerOptions).length === 0
        ? {}
        : { providerOptions: providerOptions as SharedV4ProviderOptions }),
    },
  };
}

/** The settings that the AI SDK has a word for. What a package cannot do with one of them it says itself. */
function commonSettings(settings: ModelSettings): Partial<LanguageModelV4CallOptions> {
  const { stop, reasoning } = settings;
  const common = {
    temperature: settings.temperature,
    maxOutputTokens: settings.maxOutputTokens,
    topP: settings.topP,
    topK: settings.topK,
    seed: settings.seed,
    frequencyPenalty: settings.frequencyPenalty,
    presencePenalty: settings.presencePenalty,
    stopSequences: stop === undefined ? undefined : [...stop],
    reasoning: reasoning?.effort,
  };
  const given = Object.entries(common).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<LanguageModelV4CallOptions>;
}

function toolsOf({ tools = [] }: ModelRequest, serverTools: readonly AiSdkProviderTool[]): Tools {
  const functions = tools.map(({ name, description, parameters, strict }) => ({
    type: "function" as const,
    name,
    ...(description === undefined ? {} : { description }),
    inputSchema: parameters,
    ...(strict === undefined ? {} : { strict }),
  }));
  const provided = serverTools.map(({ id, name, args = {} }) => ({
    type: "provider" as const,
    id,
    name,
    args: { ...args },
  }));
  return [...functions, ...provided];
}

function toolChoiceOf({ toolChoice }: ModelSettings): Partial<LanguageModelV4CallOptions> {
  if (toolChoice === undefined) return {};
  if (typeof toolChoice === "string") return { toolChoice: { type: toolChoice } };
  return { toolChoice: { type: "tool", toolName: toolChoice.tool } };
}

function outputOf({ output }: ModelRequest): Partial<LanguageModelV4CallOptions> {
  if (output === undefined) return {};
  return { responseFormat: { type: "json", name: output.name, schema: output.schema } };
}

function markOf({ key, cacheMark }: Dialect): SharedV4ProviderOptions | undefined {
  return cacheMark && { [key]: cacheMark as SharedV4ProviderOptions[string] };
}

/** The settings that the AI SDK has no word for, below the user's own `providerOptions`. */
function inDialect(request: ModelRequest, provider: string, dialect: Dialect): Mapped {
  const { settings, output } = request;
  const { reasoning, providerOptions: own = {} } = settings;
  const warnings: string[] = [];
  let mapped: JsonObject = {};
  const say = <T>(
    name: string,
    value: T | undefined,
    inWords: ((value: T) => JsonObject) | undefined,
  ): void => {
    if (value === undefined) return;
    if (inWords) mapped = layered(mapped, inWords(value));
    else warnings.push(`model.${name} is not sent: ${provider} has no word for it that is known`);
  };
  say("reasoning.budgetTokens", reasoning?.budgetTokens, dialect.thinkingBudget);
  say("reasoning.summary", reasoning?.summary, dialect.thinkingSummary);
  const hasTools = (request.tools ?? []).length > 0;
  const parallel = hasTools ? settings.parallelToolCalls : undefined;
  say("parallelToolCalls", parallel, dialect.parallelToolCalls);
  if (output && dialect.strictOutput) {
    mapped = layered(mapped, dialect.strictOutput(isStrictSchema(output.schema)));
  }
  const { key, newerKey = key } = dialect;
  const name = Object.hasOwn(own, newerKey) ? newerKey : key;
  const below: JsonObject = Object.keys(mapped).length === 0 ? {} : { [name]: mapped };
  return { warnings, providerOptions: layered(below, own) };
}
