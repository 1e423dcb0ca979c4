import { HeddleError } from "../errors.ts";
import type { ToolOutcome } from "../protocol/job.ts";
import type { AssistantMessage, Message, ModelResponse, ToolCall } from "../protocol/model.ts";

export type WorkerLoopOptions = {
  /** The conversation; its last message is the job's input. */
  readonly messages: readonly Message[];
  readonly maxSteps: number;
  readonly signal: AbortSignal;
  /** One model call. Its rejection ends the loop. */
  readonly askModel: (messages: readonly Message[]) => Promise<ModelResponse>;
  /** Told of every tool call's end before the model is asked again. */
  readonly onToolFinished: (outcome: ToolOutcome) => void;
};

/**
 * Asks the model, answers the tool calls it makes, and asks again, until it makes none.
 *
 * Every tool call gets exactly one result, in the order of the calls, so the next request is always valid. A call of a tool
 * that does not exist is answered with an error for the model: it can say so or try another way.
 *
 * @throws {HeddleError} `MAX_STEPS`; what `askModel` throws; the signal's reason.
 */
export async function runWorkerLoop(options: WorkerLoopOptions): Promise<void> {
  const { maxSteps, signal, askModel, onToolFinished } = options;
  const messages = [...options.messages];
  for (let step = 1; ; step++) {
    signal.throwIfAborted();
    const response = await askModel(messages);
    signal.throwIfAborted();
    if (response.toolCalls.length === 0) return;
    if (step === maxSteps) throw tooManySteps(maxSteps);
    messages.push(assistantMessage(response));
    for (const call of response.toolCalls) {
      const outcome = refuseUnknownTool(call);
      onToolFinished(outcome);
      messages.push({
        role: "tool",
        toolCallId: call.id,
        toolName: call.name,
        content: outcome.result,
        isError: outcome.isError,
      });
    }
  }
}

function assistantMessage(response: ModelResponse): AssistantMessage {
  return {
    role: "assistant",
    content: response.text,
    ...(response.refusal === undefined ? {} : { refusal: response.refusal }),
    toolCalls: response.toolCalls,
  };
}

function refuseUnknownTool(call: ToolCall): ToolOutcome {
  return {
    toolCallId: call.id,
    toolName: call.name,
    result: `There is no tool named "${call.name}".`,
    isError: true,
  };
}

function tooManySteps(maxSteps: number): HeddleError {
  return new HeddleError(
    "MAX_STEPS",
    `the model still called tools after ${maxSteps} model calls (maxSteps)`,
    { details: { maxSteps } },
  );
}
