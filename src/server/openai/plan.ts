import type {
  JobInput,
  ModelResponseChunk,
  ModelSettings,
  RunOptions,
  WorkerOptions,
} from "../../index.ts";
import { checkClientSchema, withoutFormatPatterns } from "../client-schema.ts";
import { EFFORTS } from "../efforts.ts";
import type { ProviderStates } from "../provider-state.ts";
import { clientTools, toolChoice } from "./client-tools.ts";
import { conversationOf } from "./conversation.ts";
import type { ChatRequest } from "./request-shape.ts";

type ReasoningEffort = (typeof EFFORTS)[number];

/** What a request asks of an agent. */
export type Plan = {
  readonly input: JobInput;
  readonly options: Pick<RunOptions, "model" | "instructions">;
  /** Laid over the agent's options, for this request alone; undefined: it is answered by any worker of the agent. */
  readonly own: WorkerOptions | undefined;
  /** The client carries out what the model calls. */
  readonly hasClientTools: boolean;
  /** The text is checked as a whole: none of it is shown before. */
  readonly isChecked: boolean;
};

/**
 * A client may ask for less than the agent's own `maxOutputTokens` and reasoning effort; where it asks for more it gets those: many clients always ask.
 *
 * System and developer messages come behind the agent's own instructions. Tools take a worker for the request alone.
 *
 * `response_format`: with `json_schema`, the text is what the schema finds valid; with `json_object`, a JSON object. A model that keeps to neither is asked
 * once more, then the request fails with `output_invalid`.
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field.
 */
export function planOf(request: ChatRequest, agent: WorkerOptions, states: ProviderStates): Plan {
  const { messages, instructions } = conversationOf(request.messages, states);
  const hostTools = clientTools(request, agent);
  const output = outputOf(request);
  return {
    input: { messages, ...(output === undefined ? {} : { output }) },
    options: {
      model: { ...settingsOf(request, agent), ...toolChoice(request) },
      ...(instructions.length === 0 ? {} : { instructions: joined(agent, instructions) }),
    },
    own: hostTools.length === 0 ? undefined : { hostTools },
    hasClientTools: hostTools.length > 0,
    isChecked: output !== undefined,
  };
}

/** Whether a chunk is shown to the client as it comes. What the agent calls by itself is not. */
export function isShown({ type }: ModelResponseChunk, plan: Plan): boolean {
  switch (type) {
    case "text":
    case "refusal":
      return !plan.isChecked;
    case "reasoning":
      return true;
    case "tool-call":
      return plan.hasClientTools;
    default:
      return type satisfies never;
  }
}

function joined({ instructions }: WorkerOptions, added: readonly string[]): string {
  return [...(instructions === undefined ? [] : [instructions]), ...added].join("\n\n");
}

function settingsOf(request: ChatRequest, { model: own }: WorkerOptions): ModelSettings {
  const { temperature, reasoning_effort: effort } = request;
  const tokens = request.max_completion_tokens ?? request.max_tokens;
  return {
    ...(typeof temperature === "number" ? { temperature } : {}),
    ...(typeof tokens === "number" ? { maxOutputTokens: lower(tokens, own?.maxOutputTokens) } : {}),
    ...(effort ? { reasoning: { effort: lowerEffort(effort, own?.reasoning?.effort) } } : {}),
    ...samplingOf(request),
  };
}

/** How the next token is chosen, and where the answer ends. */
function samplingOf(request: ChatRequest): ModelSettings {
  const { top_p, seed, frequency_penalty, presence_penalty, parallel_tool_calls, stop } = request;
  const texts = (typeof stop === "string" ? [stop] : (stop ?? [])).filter((text) => text !== "");
  return {
    ...(typeof top_p === "number" ? { topP: top_p } : {}),
    ...(typeof seed === "number" ? { seed } : {}),
    ...(typeof frequency_penalty === "number" ? { frequencyPenalty: frequency_penalty } : {}),
    ...(typeof presence_penalty === "number" ? { presencePenalty: presence_penalty } : {}),
    // Servers refuse it without tools.
    ...(parallel_tool_calls === false ? { parallelToolCalls: false } : {}),
    ...(texts.length === 0 ? {} : { stop: texts }),
  };
}

function lower(asked: number, own: number = asked): number {
  return Math.min(asked, own);
}

function lowerEffort(asked: ReasoningEffort, own: ReasoningEffort = asked): ReasoningEffort {
  return EFFORTS.indexOf(asked) <= EFFORTS.indexOf(own) ? asked : own;
}

function outputOf({ response_format: format }: ChatRequest): JobInput["output"] {
  switch (format?.type) {
    case undefined:
    case "text":
      return undefined;
    case "json_object":
      return { type: "object" };
    case "json_schema":
      checkClientSchema("response_format.json_schema.schema", format.json_schema.schema);
      return withoutFormatPatterns(format.json_schema.schema);
    default:
      return format satisfies never;
  }
}
