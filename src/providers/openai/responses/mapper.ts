import type { ToolCall, Usage } from "../../../protocol/model.ts";
import type { ResponseEnd } from "../../response-builder.ts";
import type { CallIds } from "../call-ids.ts";
import type { Emit, EventMapper, Said } from "../event-mapper.ts";
import { malformed, otherApi, protocolError, truncated } from "../failures.ts";
import type { FinishReason } from "../finish-reason.ts";
import { finishReason } from "../finish-reason.ts";
import { streamError } from "../server-error.ts";
import type { Untrusted } from "../untrusted.ts";
import { argumentsField, asCount, asObject, asText, textField } from "../untrusted.ts";
import { readUsage } from "../usage.ts";
import { OutputItems } from "./output-items.ts";

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
  | "part"
  | "response"
>;
type Response = Untrusted<
  "id" | "model" | "status" | "usage" | "error" | "incomplete_details" | "output"
>;

/** Maps the events of a streamed response of the Responses API. Events it does not know are skipped: new ones keep coming. */
export class ResponsesMapper implements EventMapper {
  readonly #items: OutputItems;
  #finish: FinishReason | undefined;
  #isDone: boolean = false;
  #usage: Usage | undefined;
  #model: string | undefined;
  #id: string | undefined;

  constructor({ ids }: { readonly ids: CallIds }) {
    this.#items = new OutputItems(ids);
  }

  get isComplete(): boolean {
    return this.#isDone || this.#finish !== undefined;
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

  acceptWhole(response: unknown, emit: Emit): void {
    if (!Array.isArray(asObject<"output">(response)?.output)) throw otherApi("chat");
    this.#acceptStatus("response.completed", response, emit);
  }

  /** Not part of this API, but some servers send it. */
  acceptDone(): void {
    this.#isDone = true;
  }

  flush(): void {
    // Nothing is held back here.
  }

  end({ text, reasoning, toolCalls }: Said): ResponseEnd {
    if (this.#finish === undefined) {
      throw truncated("the model server's response ended before it was complete");
    }
    if (toolCalls.some((call: ToolCall) => call.name === "")) {
      throw protocolError("the model server sent a tool call without a name");
    }
    const { reason, raw } = this.#finish;
    const isCutOff = reason !== "stop" && reason !== "tool-calls" && reason !== "refusal";
    return {
      finishReason: reason,
      rawFinishReason: raw,
      usage: this.#usage,
      parts: this.#items.parts(text, reasoning, isCutOff),
      model: this.#model,
      id: this.#id,
    };
  }

  #acceptTyped(type: string, event: Event, emit: Emit): void {
    switch (type) {
      case "response.output_text.delta":
        this.#items.addDelta("text", event, textField(event.delta, "delta"), emit);
        break;
      case "response.output_text.done":
        this.#items.addWhole("text", event, textField(event.text, "text"), emit);
        break;
      case "response.refusal.delta":
        this.#items.addDelta("refusal", event, textField(event.delta, "delta"), emit);
        break;
      case "response.refusal.done":
        this.#items.addWhole("refusal", event, textField(event.refusal, "refusal"), emit);
        break;
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
        this.#items.addDelta("reasoning", event, textField(event.delta, "delta"), emit);
        break;
      case "response.reasoning_text.done":
      case "response.reasoning_summary_text.done":
        this.#items.addWhole("reasoning", event, textField(event.text, "text"), emit);
        break;
      case "response.reasoning_summary_part.added":
        if (asCount(event.summary_index) > 0) this.#items.addParagraph(event, emit);
        break;
      case "response.function_call_arguments.delta":
        this.#items.addArguments(event, textField(event.delta, "delta"), emit);
        break;
      case "response.function_call_arguments.done":
        this.#items.completeArguments(event, argumentsField(event.arguments), emit);
        break;
      case "response.content_part.done":
        this.#items.addPart(event.part, event, emit);
        break;
      case "response.output_item.added":
      case "response.output_item.done":
        this.#acceptItem(event, type === "response.output_item.done", emit);
        break;
      default:
        this.#acceptStatus(type, event.response, emit);
    }
  }

  #acceptItem({ item, output_index }: Event, isDone: boolean, emit: Emit): void {
    const place = { item_id: asObject<"id">(item)?.id, output_index };
    this.#items.addItem(item, place, isDone, emit);
  }

  #acceptStatus(type: string, value: unknown, emit: Emit): void {
    const response: Response | undefined = asObject(value ?? {});
    if (response === undefined) throw malformed("response");
    this.#id ??= asText(response.id);
    this.#model ??= asText(response.model);
    const status = type.slice("response.".length);
    if (!["completed", "incomplete", "failed", "cancelled"].includes(status)) return;
    this.#usage = readUsage(response.usage);
    // vLLM says "completed" also of a response whose status is "incomplete".
    switch (asText(response.status) ?? status) {
      case "failed":
        throw streamError(response.error ?? "the response failed");
      case "cancelled":
        throw truncated("the model server cancelled the response");
      case "incomplete":
        this.#items.addOutput(response.output, emit);
        this.#finish = incompleteReason(response.incomplete_details);
        break;
      default:
        this.#items.addOutput(response.output, emit);
        this.#finish = { reason: this.#completeReason(), raw: undefined };
    }
  }

  #completeReason(): "tool-calls" | "refusal" | "stop" {
    if (this.#items.callCount > 0) return "tool-calls";
    return this.#items.hasRefusal ? "refusal" : "stop";
  }
}

function incompleteReason(details: unknown): FinishReason {
  const word = asText(asObject<"reason">(details)?.reason) ?? "max_output_tokens";
  const { reason } = finishReason(word);
  if (reason === "length" || reason === "content-filter") return { reason, raw: undefined };
  throw truncated(`the model server's response is incomplete: ${word.slice(0, 200)}`);
}
