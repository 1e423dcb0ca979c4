import type { ResponseFinishReason, ToolCall, Usage } from "../../protocol/model.ts";
import type { ResponseEnd } from "../response-builder.ts";
import type { Emit, EventMapper } from "./event-mapper.ts";
import { malformed, protocolError, truncated } from "./failures.ts";
import { streamError } from "./server-error.ts";
import { ToolCallPieces } from "./tool-call-pieces.ts";
import { asObject, asText, parseJson, textField } from "./untrusted.ts";
import { chatUsage } from "./usage.ts";

type Delta =
  | "content"
  | "refusal"
  | "reasoning"
  | "reasoning_content"
  | "tool_calls"
  | "function_call";

/** OpenAI's finish reasons, and those of servers that are nearly compatible. */
const FINISH_REASONS: ReadonlyMap<string, ResponseFinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_length", "length"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["content_filter", "content-filter"],
]);

/** How OpenRouter, vLLM, SGLang and DeepSeek say that they gave up. */
const BROKEN_OFF: ReadonlySet<string> = new Set(["error", "abort", "insufficient_system_resource"]);

/** Maps the events of a streamed chat completion. */
export class ChatMapper implements EventMapper {
  readonly #toolCalls: ToolCallPieces;
  #finishReason: ResponseFinishReason | undefined;
  #hasChoice: boolean = false;
  #hasRefusal: boolean = false;
  #isDone: boolean = false;
  #usage: Usage | undefined;
  #model: string | undefined;
  #id: string | undefined;

  constructor(toolCallIdPrefix: () => string) {
    this.#toolCalls = new ToolCallPieces(toolCallIdPrefix);
  }

  get isComplete(): boolean {
    return this.#isDone;
  }

  accept(value: unknown, name: string | undefined, emit: Emit): void {
    const event = asObject<"error" | "object" | "choices" | "usage" | "model" | "id">(value);
    if (event === undefined)
      throw protocolError("the model server sent an event that is no object");
    const error = asObject(event.error) ?? asText(event.error);
    if (name === "error" || event.object === "error" || error !== undefined) {
      throw streamError(event);
    }
    this.#model ??= asText(event.model);
    this.#id ??= asText(event.id);
    this.#usage = chatUsage(event.usage) ?? this.#usage;
    const choice = ourChoice(event.choices);
    if (choice === undefined) return;
    this.#hasChoice = true;
    this.#acceptDelta(choice.delta, emit);
    this.#acceptFinish(choice.finish_reason);
  }

  acceptDone(): void {
    this.#isDone = true;
  }

  end(toolCalls: readonly ToolCall[]): ResponseEnd {
    if (!this.#hasChoice && this.#isDone) {
      throw protocolError("the model server's stream had no choice in it");
    }
    if (this.#finishReason === undefined) this.#checkDone(toolCalls);
    if (toolCalls.some((call) => call.name === "")) {
      throw protocolError("the model server sent a tool call without a name");
    }
    return {
      finishReason: this.#reason(),
      usage: this.#usage,
      model: this.#model,
      id: this.#id,
    };
  }

  #acceptDelta(value: unknown, emit: Emit): void {
    if (value === undefined || value === null) return;
    const delta = asObject<Delta>(value);
    if (delta === undefined) throw malformed("delta");
    // The same text under two names, not two texts: some versions of vLLM send both.
    const reasoning = asText(delta.reasoning_content) ?? asText(delta.reasoning);
    if (reasoning !== undefined) emit({ type: "reasoning", text: reasoning });
    const content = textField(delta.content, "content");
    if (content !== "") emit({ type: "text", text: content });
    const refusal = textField(delta.refusal, "refusal");
    if (refusal !== "") {
      this.#hasRefusal = true;
      emit({ type: "refusal", text: refusal });
    }
    this.#acceptToolCalls(delta.tool_calls, emit);
    const legacy = delta.function_call ?? undefined;
    if (legacy !== undefined) this.#acceptToolCall({ index: 0, function: legacy }, emit);
  }

  #acceptToolCalls(value: unknown, emit: Emit): void {
    if (value === undefined || value === null) return;
    if (!Array.isArray(value)) throw malformed("tool_calls");
    for (const piece of value) this.#acceptToolCall(piece, emit);
  }

  #acceptToolCall(value: unknown, emit: Emit): void {
    const piece = asObject<"index" | "id" | "function">(value);
    const called = asObject<"name" | "arguments">(piece?.function ?? {});
    if (piece === undefined || called === undefined) throw malformed("tool_calls");
    this.#toolCalls.add(
      {
        index: indexOf(piece.index),
        id: asText(piece.id),
        name: asText(called.name),
        argumentsText: textField(called.arguments, "arguments"),
      },
      emit,
    );
  }

  #acceptFinish(reason: unknown): void {
    const name = asText(reason);
    if (name === undefined) return;
    if (BROKEN_OFF.has(name)) {
      throw streamError({ type: "server_error", message: `it broke the response off (${name})` });
    }
    this.#finishReason = FINISH_REASONS.get(name) ?? "stop";
  }

  /** Without a finish reason, only `[DONE]` tells that nothing is missing; of tool calls their JSON must tell it too. */
  #checkDone(toolCalls: readonly ToolCall[]): void {
    const isWhole = ({ argumentsText }: ToolCall): boolean =>
      argumentsText === "" || parseJson(argumentsText) !== undefined;
    if (this.#isDone && toolCalls.every(isWhole)) return;
    throw truncated("the model server's response ended before it was complete");
  }

  /** Some servers call it "stop" also when there are tool calls or a refusal, and the other way round. */
  #reason(): ResponseFinishReason {
    const said = this.#finishReason ?? "stop";
    if (said !== "stop" && said !== "tool-calls") return said;
    if (this.#toolCalls.count > 0) return "tool-calls";
    return this.#hasRefusal ? "refusal" : "stop";
  }
}

/** The one choice that we asked for. */
function ourChoice(
  choices: unknown,
): { readonly delta?: unknown; readonly finish_reason?: unknown } | undefined {
  if (choices === undefined || choices === null) return undefined;
  if (!Array.isArray(choices)) throw malformed("choices");
  for (const value of choices) {
    const choice = asObject<"index" | "delta" | "finish_reason">(value);
    if (choice === undefined) throw malformed("choices");
    if ((choice.index ?? 0) === 0) return choice;
  }
  return undefined;
}

function indexOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed("tool_calls[].index");
  return value as number;
}
