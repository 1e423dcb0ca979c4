import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type {
  ModelResponse,
  ModelResponseChunk,
  ResponseFinishReason,
  ResponsePart,
} from "../../protocol/model.ts";
import { truncated } from "../openai/failures.ts";
import { NO_USAGE } from "../response-builder.ts";
import { TextBuffer } from "../text-buffer.ts";
import {
  customPart,
  filePart,
  ownState,
  reasoningFilePart,
  serverCallPart,
  serverResultPart,
  sourcePart,
  stateOf,
} from "./response-parts.ts";
import { usageOf } from "./usage.ts";
import { PAUSED, warningText } from "./warnings.ts";

type Metadata = SharedV4ProviderMetadata | undefined;
type PartOf<T extends LanguageModelV4StreamPart["type"]> = Extract<
  LanguageModelV4StreamPart,
  { type: T }
>;

/** A text or a thought, as far as it has come. */
type Block = { readonly type: "text" | "reasoning"; readonly text: TextBuffer; metadata: Metadata };

/** A call of one of our tools. */
type Call = {
  readonly type: "tool-call";
  readonly index: number;
  readonly id: string;
  readonly name: string;
  argumentsText: string;
  metadata: Metadata;
  state: "open" | "whole";
};

/** It tells the usage so far, and is no part of the response. */
const NEWS = "anthropic.message_start";

/**
 * Turns the parts of one streamed response into chunks, and joins them to the whole of it. No I/O.
 *
 * 1. Parts stand in the order in which they began, calls in that in which they were whole: as the AI SDK keeps them.
 * 2. Of a part's metadata the latest counts, all of it: packages give it at the start, in the middle, or at the end.
 */
export class StreamMapper {
  readonly #order: (Block | Call | ResponsePart)[] = [];
  readonly #texts = new Map<string, Block>();
  readonly #thoughts = new Map<string, Block>();
  readonly #calls: Call[] = [];
  /** Calls that are carried out by the model's server: their input is nobody's. */
  readonly #serverCalls = new Set<string>();
  readonly #warnings: string[] = [];
  #finish: PartOf<"finish"> | undefined;
  #model: string | undefined;
  #id: string | undefined;

  /** @param warnings what is known before the response comes. */
  constructor(warnings: readonly string[]) {
    this.#warnings.push(...warnings);
  }

  get isComplete(): boolean {
    return this.#finish !== undefined;
  }

  /**
   * Takes the next part. Undefined where it is no piece of the response that readers see.
   *
   * An `error` part is the reader's to throw.
   */
  accept(
    part: Exclude<LanguageModelV4StreamPart, { type: "error" }>,
  ): ModelResponseChunk | undefined {
    switch (part.type) {
      case "text-start":
      case "text-delta":
      case "text-end":
        return this.#text(this.#texts, "text", part);
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        return this.#text(this.#thoughts, "reasoning", part);
      case "tool-input-start":
        return this.#callBegins(part);
      case "tool-input-delta":
        return this.#callGoesOn(part);
      case "tool-call":
        return this.#callIsWhole(part);
      default:
        return this.#acceptRest(part);
    }
  }

  /** @throws {HeddleError} `PROVIDER_TRUNCATED` for a response whose end has not come. */
  end(): ModelResponse {
    const { finishReason, usage } = this.#finish ?? {};
    if (finishReason === undefined || isUnfinished(finishReason)) {
      throw truncated("the model server's response ended before it was complete");
    }
    for (const call of this.#calls) if (call.state === "open") this.#order.push(call);
    const parts = this.#order.flatMap(partsOf);
    return {
      text: textOf(parts, "text"),
      ...optional("reasoning", textOf(parts, "reasoning")),
      toolCalls: this.#calls.map(({ id, name, argumentsText }) => ({ id, name, argumentsText })),
      ...reasonOf(finishReason),
      usage: usageOf(usage as LanguageModelV4Usage) ?? NO_USAGE,
      ...(sayMore(parts) ? { parts } : {}),
      ...(this.#warnings.length === 0 ? {} : { warnings: this.#warnings }),
      ...optional("model", this.#model),
      ...optional("id", this.#id),
    };
  }

  #acceptRest(
    part: Exclude<
      LanguageModelV4StreamPart,
      { type: "error" | "tool-call" | `${"text" | "reasoning"}-${"start" | "delta" | "end"}` }
    >,
  ): undefined {
    switch (part.type) {
      case "file":
        this.#order.push(filePart(part));
        break;
      case "reasoning-file":
        this.#order.push(reasoningFilePart(part));
        break;
      case "source":
        this.#order.push(sourcePart(part));
        break;
      case "custom":
        if (part.kind !== NEWS) this.#order.push(customPart(part));
        break;
      case "tool-result":
        if (part.preliminary !== true) this.#order.push(serverResultPart(part));
        break;
      case "tool-approval-request":
        this.#warnings.push(
          "the model's server asks for approval of a tool that it carries out itself, which cannot be given",
        );
        break;
      case "stream-start":
        this.#warnings.push(...part.warnings.map(warningText));
        break;
      case "response-metadata":
        this.#model = part.modelId ?? this.#model;
        this.#id = part.id ?? this.#id;
        break;
      case "finish":
        this.#finish = part;
        if (part.finishReason.raw === "pause_turn") this.#warnings.push(PAUSED);
        break;
      case "tool-input-start":
      case "tool-input-delta":
      case "tool-input-end":
      case "ping":
      case "raw":
        break;
      default:
        part satisfies never;
    }
    return undefined;
  }

  #text(
    open: Map<string, Block>,
    type: Block["type"],
    part: PartOf<`${Block["type"]}-${"start" | "delta" | "end"}`>,
  ): ModelResponseChunk | undefined {
    let block = part.type.endsWith("-start") ? undefined : open.get(part.id);
    if (!block) {
      block = { type, text: new TextBuffer(), metadata: undefined };
      open.set(part.id, block);
      this.#order.push(block);
    }
    block.metadata = part.providerMetadata ?? block.metadata;
    if (part.type.endsWith("-end")) open.delete(part.id);
    if (!("delta" in part) || part.delta === "") return undefined;
    block.text.add(part.delta);
    return { type, text: part.delta };
  }

  #callBegins(part: PartOf<"tool-input-start">): ModelResponseChunk | undefined {
    if (part.providerExecuted === true) this.#serverCalls.add(part.id);
    if (this.#serverCalls.has(part.id)) return undefined;
    const { index, id, name } = this.#newCall(part.id, part.toolName);
    return { type: "tool-call", index, id, name, argumentsText: "" };
  }

  #callGoesOn({ id, delta }: PartOf<"tool-input-delta">): ModelResponseChunk | undefined {
    const call = this.#openCall(id);
    if (!call || delta === "") return undefined;
    call.argumentsText += delta;
    return { type: "tool-call", index: call.index, argumentsText: delta };
  }

  /** Its input counts, whatever was streamed of it; readers are given what they lack. */
  #callIsWhole(part: PartOf<"tool-call">): ModelResponseChunk | undefined {
    if (part.providerExecuted === true || this.#serverCalls.has(part.toolCallId)) {
      this.#order.push(serverCallPart(part));
      return undefined;
    }
    const known = this.#openCall(part.toolCallId);
    const call = known ?? this.#newCall(part.toolCallId, part.toolName);
    const shown = call.argumentsText;
    const { index, id, name } = call;
    call.argumentsText = part.input;
    call.metadata = part.providerMetadata;
    call.state = "whole";
    this.#order.push(call);
    const rest = part.input.startsWith(shown) ? part.input.slice(shown.length) : "";
    if (!known) return { type: "tool-call", index, id, name, argumentsText: rest };
    return rest === "" ? undefined : { type: "tool-call", index, argumentsText: rest };
  }

  #openCall(id: string): Call | undefined {
    return this.#calls.findLast((call) => call.id === id && call.state === "open");
  }

  #newCall(id: string, name: string): Call {
    const index = this.#calls.length;
    const call: Call = {
      type: "tool-call",
      index,
      id,
      name,
      argumentsText: "",
      metadata: undefined,
      state: "open",
    };
    this.#calls.push(call);
    return call;
  }
}

function partsOf(item: Block | Call | ResponsePart): readonly ResponsePart[] {
  if (!("metadata" in item)) return [item];
  const { type, metadata } = item;
  if (type === "tool-call") return [{ type, index: item.index, ...stateOf(metadata) }];
  const text = item.text.toString();
  if (type === "reasoning") return [{ type, text, ...ownState(metadata) }];
  return text === "" && metadata === undefined ? [] : [{ type, text, ...stateOf(metadata) }];
}

/** Whether they hold more than a text and the calls behind it. */
function sayMore(parts: readonly ResponsePart[]): boolean {
  const isPlain = parts.every(
    ({ type, state }, i) =>
      state === undefined && (type === "tool-call" || (type === "text" && i === 0)),
  );
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part.index] : []));
  return !isPlain || calls.some((index, i) => index !== i);
}

function textOf(parts: readonly ResponsePart[], type: Block["type"]): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

/** Packages name no reason of the server's for a stream that was cut off. */
function isUnfinished({ unified, raw }: LanguageModelV4FinishReason): boolean {
  return unified === "interrupted" || (unified === "other" && raw === undefined);
}

function reasonOf({ unified, raw }: LanguageModelV4FinishReason): {
  finishReason: ResponseFinishReason;
  rawFinishReason?: string;
} {
  const isKnown = unified === "stop" || unified === "length" || unified === "tool-calls";
  return {
    finishReason: unified === "interrupted" ? "other" : unified,
    ...(isKnown ? {} : optional("rawFinishReason", raw)),
  };
}

function optional<Name extends string>(
  name: Name,
  value: string | undefined,
): { [N in Name]?: string } {
  return value === undefined || value === "" ? {} : ({ [name]: value } as { [N in Name]?: string });
}
