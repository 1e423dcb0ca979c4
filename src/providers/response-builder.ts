import type {
  ModelResponse,
  ModelResponseChunk,
  ResponseFinishReason,
  ResponsePart,
  ToolCall,
  Usage,
} from "../protocol/model.ts";
import { TextBuffer } from "./text-buffer.ts";

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** What is known of a response beside its chunks. */
export type ResponseEnd = {
  readonly finishReason: ResponseFinishReason;
  readonly rawFinishReason?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly parts?: readonly ResponsePart[] | undefined;
  readonly warnings?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly id?: string | undefined;
};

/** Joins chunks to the response they are pieces of. */
export class ResponseBuilder {
  readonly #text = new TextBuffer();
  readonly #reasoning = new TextBuffer();
  readonly #refusal = new TextBuffer();
  readonly #toolCalls = new Map<number, { id: string; name: string; argumentsText: string }>();

  add(chunk: ModelResponseChunk): void {
    switch (chunk.type) {
      case "text":
        this.#text.add(chunk.text);
        break;
      case "reasoning":
        this.#reasoning.add(chunk.text);
        break;
      case "refusal":
        this.#refusal.add(chunk.text);
        break;
      case "tool-call":
        this.#addToolCall(chunk);
        break;
      default:
        chunk satisfies never;
    }
  }

  /** The tool calls so far, in the order of their `index`. */
  get toolCalls(): readonly ToolCall[] {
    return [...this.#toolCalls].sort(([a], [b]) => a - b).map(([, call]) => ({ ...call }));
  }

  /** All chunks so far, joined. */
  get said(): { text: string; reasoning: string; toolCalls: readonly ToolCall[] } {
    const { toolCalls } = this;
    return { text: this.#text.toString(), reasoning: this.#reasoning.toString(), toolCalls };
  }

  build(end: ResponseEnd): ModelResponse {
    const reasoning = this.#reasoning.toString();
    const refusal = this.#refusal.toString();
    return {
      text: this.#text.toString(),
      ...(reasoning === "" ? {} : { reasoning }),
      ...(refusal === "" ? {} : { refusal }),
      toolCalls: this.toolCalls,
      finishReason: end.finishReason,
      usage: end.usage ?? NO_USAGE,
      ...definedOf(end, ["rawFinishReason", "parts", "warnings", "model", "id"]),
    };
  }

  #addToolCall(chunk: Extract<ModelResponseChunk, { type: "tool-call" }>): void {
    const call = this.#toolCalls.get(chunk.index) ?? { id: "", name: "", argumentsText: "" };
    this.#toolCalls.set(chunk.index, {
      id: chunk.id ?? call.id,
      name: chunk.name ?? call.name,
      argumentsText: call.argumentsText + chunk.argumentsText,
    });
  }
}

function definedOf<K extends keyof ResponseEnd>(end: ResponseEnd, names: readonly K[]) {
  const known = names.filter((name) => end[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, end[name]])) as {
    [N in K]?: Exclude<ResponseEnd[N], undefined>;
  };
}
