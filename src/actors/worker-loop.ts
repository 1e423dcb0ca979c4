import { HeddleError } from "../errors.ts";
import type { ToolOutcome } from "../protocol/job.ts";
import type { AssistantMessage, Message, ModelResponse, ToolCall } from "../protocol/model.ts";

type ToolMessage = Extract<Message, { role: "tool" }>;

export type WorkerLoopOptions = {
  /** The conversation. It ends with the job's input, or with what the job's completed steps have added to it. */
  readonly messages: readonly Message[];
  /** Model calls that the job has made already. */
  readonly stepsDone: number;
  readonly maxSteps: number;
  readonly signal: AbortSignal;
  /** What the user says meanwhile: it may grow at any time. Left out: nothing. */
  readonly steering?: readonly string[];
  /** One model call. Its rejection ends the loop. `steered` is how many texts of `steering` are in `messages`. */
  readonly askModel: (messages: readonly Message[], steered: number) => Promise<ModelResponse>;
  /** Told of every tool call's end before the model is asked again. */
  readonly onToolFinished: (outcome: ToolOutcome) => void;
};

/**
 * Asks the model, answers the tool calls it makes, and asks again, until it makes none.
 *
 * Every tool call gets exactly one result, in the order of the calls, so the next request is always valid. A call of a tool
 * that does not exist is answered with an error for the model: it can say so or try another way.
 *
 * What the user says meanwhile goes before the next model call. After the last response it makes one more, if `maxSteps` lets it.
 *
 * @throws {HeddleError} `MAX_STEPS`; what `askModel` throws; the signal's reason.
 */
export async function runWorkerLoop(options: WorkerLoopOptions): Promise<void> {
  const { maxSteps, signal, steering = [], askModel, onToolFinished } = options;
  const messages = [...options.messages];
  let open = openToolCalls(messages);
  let steered = 0;
  for (let step = options.stepsDone; ; step++) {
    if (step >= maxSteps) throw tooManySteps(maxSteps);
    for (const call of open) {
      signal.throwIfAborted();
      const outcome = refuseUnknownTool(call);
      onToolFinished(outcome);
      messages.push(toolMessage(outcome));
    }
    signal.throwIfAborted();
    for (; steered < steering.length; steered++) {
      messages.push({ role: "user", content: steering[steered] ?? "" });
    }
    const response = await askModel(messages, steered);
    signal.throwIfAborted();
    open = response.toolCalls;
    const mayGoOn = steered < steering.length && step + 1 < maxSteps;
    if (open.length === 0 && !mayGoOn) return;
    messages.push(assistantMessage(response));
  }
}

/** The calls of the last response that have no result yet: where a job goes on that was cut off between two steps. */
function openToolCalls(messages: readonly Message[]): readonly ToolCall[] {
  const last = messages.findLastIndex((message) => message.role !== "tool");
  const message = messages[last];
  if (message?.role !== "assistant") return [];
  const answered = messages.slice(last + 1).map((result) => (result as ToolMessage).toolCallId);
  return (message.toolCalls ?? []).filter(({ id }) => {
    const place = answered.indexOf(id);
    if (place >= 0) answered.splice(place, 1);
    return place < 0;
  });
}

function toolMessage(outcome: ToolOutcome): Message {
  return {
    role: "tool",
    toolCallId: outcome.toolCallId,
    toolName: outcome.toolName,
    content: outcome.result,
    isError: outcome.isError,
  };
}

function assistantMessage(response: ModelResponse): AssistantMessage {
  return {
    role: "assistant",
    content: response.text,
    ...(response.refusal === undefined ? {} : { refusal: response.refusal }),
    ...(response.toolCalls.length === 0 ? {} : { toolCalls: response.toolCalls }),
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
