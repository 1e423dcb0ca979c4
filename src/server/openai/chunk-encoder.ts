import type { JobEvent, ModelResponse, ModelResponseChunk, ToolCallChunk } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { JobEncoder } from "../job-encoder.ts";
import { sseData } from "../job-encoder.ts";
import type { Answer } from "./answer.ts";
import { foundAndDrawn, wireCalls, wireUsage } from "./completion.ts";
import type { Ending, JobEnd } from "./ending.ts";
import { endingOf } from "./ending.ts";
import { openaiErrorBody } from "./error-form.ts";
import { isShown } from "./plan.ts";

const DONE = "data: [DONE]\n\n";

/**
 * A job as `chat.completion.chunk`s: the role, the text and what else there is as it comes, why it has finished, the usage if it is asked for, `[DONE]`.
 * A job that fails ends with an `error` and without `[DONE]`.
 *
 * An agent that carries out tools of its own shows the text of all its responses, one right after the other.
 */
export class ChunkEncoder implements JobEncoder {
  readonly head: string;
  readonly isOver: boolean = false;
  readonly #answer: Pick<Answer, "plan" | "refusal" | "states" | "job">;
  readonly #includeUsage: boolean;
  /** All that is the same in every chunk, up to its choices. */
  readonly #prefix: string;
  readonly #suffix: string;
  #lastResponse: ModelResponse | undefined;
  #hasShownCalls: boolean = false;

  constructor(answer: Answer, includeUsage: boolean) {
    const { id, createdAt: created, agent: model } = answer;
    const same = JSON.stringify({ id, object: "chat.completion.chunk", created, model });
    this.#answer = answer;
    this.#includeUsage = includeUsage;
    this.#prefix = `data: ${same.slice(0, -1)},"choices":[`;
    this.#suffix = `${includeUsage ? `],"usage":null` : "]"}}\n\n`;
    this.head = this.#delta('{"role":"assistant","content":""}');
  }

  encode(event: JobEvent): string {
    switch (event.type) {
      case "chunk":
        return this.#chunk(event.chunk);
      case "response":
        this.#lastResponse = event.response;
        return "";
      case "completed":
        return this.#end({ status: event.type, result: event.result });
      case "cancelled": {
        const { type: status, partial, reason } = event;
        return this.#end({ status, partial, error: { code: "JOB_CANCELLED", message: reason } });
      }
      case "failed":
        return this.#end({ status: event.type, partial: event.partial, error: event.error });
      default:
        return "";
    }
  }

  #chunk(chunk: ModelResponseChunk): string {
    if (!isShown(chunk, this.#answer.plan)) return "";
    switch (chunk.type) {
      case "text":
        return this.#delta(`{"content":${JSON.stringify(chunk.text)}}`);
      case "reasoning":
        return this.#delta(`{"reasoning_content":${JSON.stringify(chunk.text)}}`);
      case "refusal":
        return this.#delta(`{"refusal":${JSON.stringify(chunk.text)}}`);
      case "tool-call":
        this.#hasShownCalls = true;
        return this.#delta(JSON.stringify({ tool_calls: [callDelta(chunk)] }));
      default:
        return chunk satisfies never;
    }
  }

  #end(end: JobEnd): string {
    const { plan, refusal, states } = this.#answer;
    try {
      const ending = endingOf(end, {
        plan,
        refusal,
        states,
        lastResponse: this.#lastResponse,
      });
      const finish = this.#delta("{}", ending.finishReason);
      return this.#unshown(ending) + finish + this.#usage(ending) + DONE;
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      return sseData(openaiErrorBody(error));
    }
  }

  /** What was not shown as it came: a text that is checked now, calls that a provider has given as a whole, and what comes only with the whole response. */
  #unshown({ text, refusal, toolCalls, seal, parts }: Ending): string {
    const { plan, job } = this.#answer;
    const isHeld = plan.isChecked;
    const isShown = this.#hasShownCalls;
    const calls = wireCalls(toolCalls, seal).map((call, index) => ({ index, ...call }));
    // Of calls that were shown piece by piece, only the seal is left: clients lay it over the call of that index.
    const sealed = calls.slice(0, seal === undefined ? 0 : 1).map(({ index, extra_content }) => ({
      index,
      function: { arguments: "" },
      extra_content,
    }));
    const left = isShown ? sealed : calls;
    const whole = {
      ...(isHeld && text !== "" ? { content: text } : {}),
      ...(isHeld && refusal !== undefined ? { refusal } : {}),
      ...(left.length === 0 ? {} : { tool_calls: left }),
      ...foundAndDrawn(parts, (ref) => job.media(ref)),
    };
    return Object.keys(whole).length === 0 ? "" : this.#delta(JSON.stringify(whole));
  }

  #usage({ usage }: Ending): string {
    if (!this.#includeUsage) return "";
    return `${this.#prefix}],"usage":${JSON.stringify(wireUsage(usage))}}\n\n`;
  }

  #delta(delta: string, finishReason?: string): string {
    const reason = finishReason === undefined ? "null" : `"${finishReason}"`;
    const choice = `{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}`;
    return this.#prefix + choice + this.#suffix;
  }
}

function callDelta({ index, id, name, argumentsText }: ToolCallChunk): object {
  const isFirst = id !== undefined || name !== undefined;
  return {
    index,
    ...(id === undefined ? {} : { id }),
    ...(isFirst ? { type: "function" } : {}),
    function: { ...(name === undefined ? {} : { name }), arguments: argumentsText },
  };
}
