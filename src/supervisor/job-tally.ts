import type { FinishReason, JobResult, ToolOutcome } from "../protocol/job.ts";
import type { Message, ModelResponse, Usage } from "../protocol/model.ts";

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** What the supervisor knows of a job from the responses and tool results that have passed through it: the truth, whatever the actor says. */
export class JobTally {
  readonly #messages: Message[] = [];
  #usage: Usage = NO_USAGE;
  #steps = 0;
  #last: ModelResponse | undefined;

  get steps(): number {
    return this.#steps;
  }

  response(response: ModelResponse): void {
    this.#steps += 1;
    this.#usage = addUsage(this.#usage, response.usage);
    this.#last = response;
    const isEmpty = response.text === "" && response.toolCalls.length === 0;
    if (isEmpty && response.refusal === undefined) return;
    this.#messages.push({
      role: "assistant",
      content: response.text,
      ...(response.refusal === undefined ? {} : { refusal: response.refusal }),
      ...(response.toolCalls.length === 0 ? {} : { toolCalls: response.toolCalls }),
    });
  }

  tool(outcome: ToolOutcome): void {
    this.#messages.push({
      role: "tool",
      toolCallId: outcome.toolCallId,
      toolName: outcome.toolName,
      content: outcome.result,
      isError: outcome.isError,
    });
  }

  result(): JobResult {
    return {
      text: this.#last?.text ?? "",
      usage: this.#usage,
      steps: this.#steps,
      finishReason: finishReasonOf(this.#last),
    };
  }

  /** What there is of a job that did not complete. `openText` is what had arrived of a response that was cut off. */
  partial(openText: string): Partial<JobResult> {
    return { text: openText || (this.#last?.text ?? ""), usage: this.#usage, steps: this.#steps };
  }

  /**
   * What the conversation has gained, always in a form that a model's server accepts: each tool call has exactly one result,
   * a missing one is made up; a response that was cut off stays, marked.
   */
  messages(openText: string): readonly Message[] {
    const closed = [...this.#messages, ...this.#missingResults()];
    if (openText === "") return closed;
    return [...closed, { role: "assistant", content: openText, interrupted: true }];
  }

  #missingResults(): readonly Message[] {
    const answered =
      this.#messages.length - 1 - this.#messages.findLastIndex((m) => m.role === "assistant");
    const calls = this.#last?.toolCalls ?? [];
    return calls.slice(answered).map((call) => ({
      role: "tool",
      toolCallId: call.id,
      toolName: call.name,
      content: "The call was not carried out: the job ended before.",
      isError: true,
    }));
  }
}

function finishReasonOf(response: ModelResponse | undefined): FinishReason {
  const reason = response?.finishReason ?? "stop";
  return reason === "tool-calls" ? "stop" : reason;
}

function addUsage(a: Usage, b: Usage): Usage {
  const cached = sum(a.cachedInputTokens, b.cachedInputTokens);
  const reasoning = sum(a.reasoningTokens, b.reasoningTokens);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}
