import type { ResponseFinishReason, ToolCall, Usage } from "../../protocol/model.ts";
import type { ResponseEnd } from "../response-builder.ts";
import type { Emit, EventMapper } from "./event-mapper.ts";
import { malformed, protocolError, truncated } from "./failures.ts";
import { FunctionCallItems } from "./function-call-items.ts";
import { streamError } from "./server-error.ts";
import type { Untrusted } from "./untrusted.ts";
import { asCount, asObject, asText, textField } from "./untrusted.ts";
import { responsesUsage } from "./usage.ts";

type Event = Untrusted<
  | "type"
  | "error"
  | "code"
  | "message"
  | "delta"
  | "text"
  | "refusal"
  | "arguments"
  | "item"
  | "item_id"
  | "output_index"
  | "summary_index"
  | "response"
>;

/** Maps the events of a streamed response of the Responses API. Events it does not know are skipped: new ones keep coming. */
export class ResponsesMapper implements EventMapper {
  readonly #calls: FunctionCallItems;
  /** What of the present part came in deltas: some servers send whole parts only. */
  readonly #streamed = new Set<"text" | "refusal">();
  #finishReason: ResponseFinishReason | undefined;
  #hasRefusal: boolean = false;
  #isDone: boolean = false;
  #usage: Usage | undefined;
  #model: string | undefined;
  #id: string | undefined;

  constructor(toolCallIdPrefix: () => string) {
    this.#calls = new FunctionCallItems(toolCallIdPrefix);
  }

  get isComplete(): boolean {
    return this.#isDone || this.#finishReason !== undefined;
  }

  accept(value: unknown, name: string | undefined, emit: Emit): void {
    const event: Event | undefined = asObject(value);
    if (event === undefined)
      throw protocolError("the model server sent an event that is no object");
    const type = asText(event.type) ?? name;
    const error = asObject(event.error) ?? asText(event.error);
    if (type === "error" || error !== undefined) {
      throw streamError(error ?? { code: event.code, message: event.message });
    }
    if (type === undefined) throw protocolError("the model server sent an event without a type");
    this.#acceptTyped(type, event, emit);
  }

  /** Not part of this API, but some servers send it. */
  acceptDone(): void {
    this.#isDone = true;
  }

  end(toolCalls: readonly ToolCall[]): ResponseEnd {
    if (this.#finishReason === undefined) {
      throw truncated("the model server's response ended before it was complete");
    }
    if (toolCalls.some((call) => call.name === "")) {
      throw protocolError("the model server sent a tool call without a name");
    }
    const finishReason = this.#finishReason;
    return { finishReason, usage: this.#usage, model: this.#model, id: this.#id };
  }

  #acceptTyped(type: string, event: Event, emit: Emit): void {
    switch (type) {
      case "response.output_text.delta":
        this.#acceptDelta("text", event.delta, emit);
        break;
      case "response.output_text.done":
        this.#acceptWhole("text", event.text, emit);
        break;
      case "response.refusal.delta":
        this.#acceptDelta("refusal", event.delta, emit);
        break;
      case "response.refusal.done":
        this.#acceptWhole("refusal", event.refusal, emit);
        break;
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
        emit({ type: "reasoning", text: textField(event.delta, "delta") });
        break;
      case "response.reasoning_summary_part.added":
        // Parts of a summary are paragraphs.
        if (asCount(event.summary_index) > 0) emit({ type: "reasoning", text: "\n\n" });
        break;
      case "response.function_call_arguments.delta":
        this.#calls.addArguments(event, textField(event.delta, "delta"), emit);
        break;
      case "response.function_call_arguments.done":
        this.#calls.completeArguments(event, textField(event.arguments, "arguments"), emit);
        break;
      case "response.output_item.added":
      case "response.output_item.done":
        this.#calls.addItem(event, type === "response.output_item.done", emit);
        break;
      default:
        this.#acceptStatus(type, event.response);
    }
  }

  #acceptDelta(type: "text" | "refusal", delta: unknown, emit: Emit): void {
    const text = textField(delta, "delta");
    this.#streamed.add(type);
    if (type === "refusal") this.#hasRefusal = true;
    emit({ type, text });
  }

  #acceptWhole(type: "text" | "refusal", whole: unknown, emit: Emit): void {
    if (!this.#streamed.has(type)) this.#acceptDelta(type, whole, emit);
    this.#streamed.delete(type);
  }

  #acceptStatus(type: string, value: unknown): void {
    const response = asObject<"id" | "model" | "status" | "usage" | "error" | "incomplete_details">(
      value ?? {},
    );
    if (response === undefined) throw malformed("response");
    this.#id ??= asText(response.id);
    this.#model ??= asText(response.model);
    const status = type.slice("response.".length);
    if (!["completed", "incomplete", "failed", "cancelled"].includes(status)) return;
    this.#usage = responsesUsage(response.usage);
    // vLLM says "completed" also of a response whose status is "incomplete".
    switch (asText(response.status) ?? status) {
      case "failed":
        throw streamError(response.error ?? "the response failed");
      case "cancelled":
        throw truncated("the model server cancelled the response");
      case "incomplete":
        this.#finishReason = incompleteReason(response.incomplete_details);
        break;
      default:
        this.#finishReason = this.#completeReason();
    }
  }

  #completeReason(): ResponseFinishReason {
    if (this.#calls.count > 0) return "tool-calls";
    return this.#hasRefusal ? "refusal" : "stop";
  }
}

function incompleteReason(details: unknown): ResponseFinishReason {
  const reason = asText(asObject<"reason">(details)?.reason) ?? "max_output_tokens";
  if (reason === "max_output_tokens") return "length";
  if (reason === "content_filter") return "content-filter";
  throw truncated(`the model server's response is incomplete: ${reason.slice(0, 200)}`);
}
