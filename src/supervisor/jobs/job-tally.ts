import type { FinishReason, JobResult, ToolOutcome } from "../../protocol/job.ts";
import type { Message, ModelResponse, ToolCall, Usage } from "../../protocol/model.ts";
import type { ToolEnd } from "../../protocol/tool.ts";

/** A response, what the user said before it, and how the tool calls that it made have ended; undefined where one has not. */
type Step = {
  readonly said: readonly string[];
  readonly response: ModelResponse;
  readonly outcomes: (ToolOutcome | undefined)[];
};

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
  tool(index: number, { result, error }: ToolEnd): ToolOutcome | undefined {
    const step = this.#answered.at(-1);
    const call = step?.response.toolCalls[index];
    if (!step || !call || step.outcomes[index]) return undefined;
    const outcome = {
      toolCallId: call.id,
      toolName: call.name,
      result,
      isError: error !== undefined,
      ...(error === undefined ? {} : { error }),
    };
    step.outcomes[index] = outcome;
    return outcome;
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
  const { text, refusal, toolCalls } = response;
  if (text === "" && toolCalls.length === 0 && refusal === undefined) return [];
  return [
    {
      role: "assistant",
      content: text,
      ...(refusal === undefined ? {} : { refusal }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    },
    ...toolCalls.map((call, i) => toolMessage(call, outcomes[i])),
  ];
}

function toolMessage(call: ToolCall, outcome: ToolOutcome | undefined): Message {
  return {
    role: "tool",
    toolCallId: call.id,
    toolName: call.name,
    content: outcome?.result ?? "The call was not carried out: the job ended before.",
    isError: outcome?.isError ?? true,
  };
}

function finishReasonOf(response: ModelResponse | undefined): FinishReason {
  const reason = response?.finishReason ?? "stop";
  return reason === "tool-calls" ? "stop" : reason;
}
