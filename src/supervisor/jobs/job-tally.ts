import { assistantMessage, toolMessage } from "../../messages.ts";
import type { FinishReason, JobResult, ToolOutcome } from "../../protocol/job.ts";
import type { Message, ModelResponse, ToolCall, Usage } from "../../protocol/model.ts";
import type { ToolEnd } from "../../protocol/tool.ts";
import { refused } from "../../tools/tool-call.ts";

/** A response, what the user said before it, and how the tool calls that it made have ended; undefined where one has not. */
type Step = {
  readonly said: readonly string[];
  readonly response: ModelResponse;
  readonly outcomes: (ToolEnd | undefined)[];
};

const NOT_CARRIED_OUT: ToolEnd = refused(
  "JOB_CANCELLED",
  "The call was not carried out: the job ended before.",
);

/** What the supervisor knows of a job from the responses and tool results that have passed through it: the truth, whatever the actor says. */
export class JobTally {
  readonly #answered: Step[] = [];
  /** What the user has said since the last response. */
  #said: readonly string[] = [];
  /** What the last response was found to be. */
  #output: { readonly output: unknown } | undefined;

  get steps(): number {
    return this.#answered.length;
  }

  /** The user has said something in the middle of the job. */
  steered(texts: readonly string[]): void {
    this.#said = [...this.#said, ...texts];
  }

  response(response: ModelResponse): void {
    const outcomes = response.toolCalls.map(() => undefined);
    this.#answered.push({ said: this.#said, response, outcomes });
    this.#said = [];
    this.#output = undefined;
  }

  /** The last response is a valid output, and this is its value. */
  accept(output: unknown): void {
    this.#output = { output };
  }

  get hasOutput(): boolean {
    return this.#output !== undefined;
  }

  /** The calls of the last response. */
  get toolCalls(): readonly ToolCall[] {
    return this.#last?.toolCalls ?? [];
  }

  /** Which of them have ended. */
  get answered(): readonly number[] {
    const outcomes = this.#answered.at(-1)?.outcomes ?? [];
    return [...outcomes.keys()].filter((index) => outcomes[index] !== undefined);
  }

  /** Takes how a tool call of the last response has ended. Returns that; undefined if the call is not open. */
  tool(index: number, end: ToolEnd): ToolOutcome | undefined {
    const step = this.#answered.at(-1);
    const call = step?.response.toolCalls[index];
    if (!step || !call || step.outcomes[index]) return undefined;
    step.outcomes[index] = end;
    return {
      toolCallId: call.id,
      toolName: call.name,
      isError: end.error !== undefined,
      ...end,
    };
  }

  /** `usage` is the job's. */
  result(usage: Usage): JobResult {
    const last = this.#last;
    return {
      text: last?.text ?? "",
      ...this.#output,
      usage,
      steps: this.steps,
      finishReason: finishReasonOf(last),
    };
  }

  /** What there is of a job that did not complete. `openText` is what had arrived of a response that was cut off. */
  partial(openText: string, usage: Usage): Partial<JobResult> {
    return { text: openText || (this.#last?.text ?? ""), usage, steps: this.steps };
  }

  /**
   * What the conversation has gained, always in a form that a model's server accepts: each tool call has exactly one result,
   * a missing one is made up; a response that was cut off stays, marked.
   */
  messages(openText: string): readonly Message[] {
    const messages = [...this.#answered.flatMap(messagesOf), ...this.#said.map(userMessage)];
    if (openText === "") return messages;
    return [...messages, { role: "assistant", content: openText, interrupted: true }];
  }

  /** The completed steps: what a job has when it goes on after a restart. A tool call that was not carried out has no result here. */
  completed(): readonly Message[] {
    const steps = this.#answered.flatMap((step) => [
      ...step.said.map(userMessage),
      ...answerOf(step).filter((_, i) => isRecorded(step, i)),
    ]);
    return [...steps, ...this.#said.map(userMessage)];
  }

  /** Whether the last response calls no tool: there is nothing left to do. */
  get isComplete(): boolean {
    return this.#last !== undefined && this.#last.toolCalls.length === 0;
  }

  get #last(): ModelResponse | undefined {
    return this.#answered.at(-1)?.response;
  }
}

/** Whether message `index` of the answer of `step` is the response itself, or a tool result that was reported. */
function isRecorded({ outcomes }: Step, index: number): boolean {
  return index === 0 || outcomes[index - 1] !== undefined;
}

function messagesOf(step: Step): readonly Message[] {
  return [...step.said.map(userMessage), ...answerOf(step)];
}

function userMessage(text: string): Message {
  return { role: "user", content: text };
}

function answerOf({ response, outcomes }: Step): readonly Message[] {
  const answer = assistantMessage(response);
  if (!answer) return [];
  return [
    answer,
    ...response.toolCalls.map((call, i) => toolMessage(call, outcomes[i] ?? NOT_CARRIED_OUT)),
  ];
}

function finishReasonOf(response: ModelResponse | undefined): FinishReason {
  const reason = response?.finishReason ?? "stop";
  // A response that ends for none of the others has tool calls: else its gateway has refused it.
  const isOwn = reason !== "tool-calls" && reason !== "error" && reason !== "other";
  return isOwn ? reason : "stop";
}
