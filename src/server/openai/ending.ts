import type {
  ErrorCode,
  ErrorDetails,
  JobResult,
  ModelResponse,
  ResponsePart,
  ToolCall,
  Usage,
} from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { ProviderStates } from "../provider-state.ts";
import type { Plan } from "./plan.ts";

/** How a job has ended, as its outcome or its last event says. */
export type JobEnd =
  | { readonly status: "completed"; readonly result: JobResult }
  | {
      readonly status: "cancelled" | "failed";
      readonly partial: Partial<JobResult>;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly details?: ErrorDetails;
      };
    };

export type WireFinishReason = "stop" | "length" | "content_filter" | "tool_calls";

/** What a client is told at the end. */
export type Ending = {
  readonly finishReason: WireFinishReason;
  readonly text: string;
  readonly refusal: string | undefined;
  readonly reasoning: string | undefined;
  /** For the client to carry out. */
  readonly toolCalls: readonly ToolCall[];
  /** What the client is to keep with those calls. */
  readonly seal?: string | undefined;
  /** What the model has read, and what it has drawn. */
  readonly parts: readonly ResponsePart[];
  /** Of all model calls. */
  readonly usage: Usage;
};

export type EndingContext = {
  readonly plan: Plan;
  readonly lastResponse: ModelResponse | undefined;
  /** Why the job was cancelled by this protocol, if it was. */
  readonly refusal: HeddleError | undefined;
  readonly states: ProviderStates;
};

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const FINISH: { readonly [R in ModelResponse["finishReason"]]: WireFinishReason } = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  refusal: "stop",
  "tool-calls": "tool_calls",
  error: "stop",
  other: "stop",
};

/**
 * A job that was cancelled because its last response calls the client's tools has ended well. So has one that was to give a checked text,
 * and whose model has refused or was cut off: that is told in OpenAI's own way, by `refusal` and `finish_reason`.
 *
 * @throws {HeddleError} why there is no answer.
 */
export function endingOf(
  end: JobEnd,
  { plan, lastResponse, refusal, states }: EndingContext,
): Ending {
  if (end.status === "completed") {
    const { text, output, usage, finishReason } = end.result;
    const shown = plan.isChecked ? bare(text, output) : text;
    return ending(lastResponse, FINISH[finishReason], shown, usage);
  }
  if (refusal) throw refusal;
  const { error, partial, status } = end;
  const { usage = NOTHING } = partial;
  if (lastResponse) {
    const { toolCalls, text, finishReason } = lastResponse;
    if (status === "cancelled" && plan.hasClientTools && toolCalls.length > 0)
      return {
        ...ending(lastResponse, "tool_calls", text, usage),
        toolCalls,
        seal: states.seal(lastResponse),
      };
    if (error.code === "OUTPUT_INVALID" && isUnfit(lastResponse))
      return ending(lastResponse, FINISH[finishReason], text, usage);
  }
  const { code, message, details = {} } = error;
  throw new HeddleError(code, message, { details });
}

function ending(
  response: ModelResponse | undefined,
  finishReason: WireFinishReason,
  text: string,
  usage: Usage,
): Ending {
  const { refusal, reasoning, parts = [] } = response ?? {};
  return { finishReason, text, refusal, reasoning, toolCalls: [], parts, usage };
}

/** A model may put its JSON into a fence, which a client that asked for JSON would not take. */
function bare(text: string, output: unknown): string {
  return text.trimStart().startsWith("```") ? JSON.stringify(output) : text;
}

function isUnfit({ finishReason, refusal = "" }: ModelResponse): boolean {
  return refusal !== "" || ["refusal", "length", "content-filter"].includes(finishReason);
}
