import type { ToolCall, Usage } from "../../../protocol/model.ts";
import type { ResponseEnd } from "../../response-builder.ts";
import type { CallIds } from "../call-ids.ts";
import type { Emit, EventMapper, Said } from "../event-mapper.ts";
import { malformed, otherApi, protocolError, truncated } from "../failures.ts";
import type { FinishReason } from "../finish-reason.ts";
import { finishReason } from "../finish-reason.ts";
import { choicelessError, streamError } from "../server-error.ts";
import { Sources } from "../sources.ts";
import type { Untrusted } from "../untrusted.ts";
import { asObject, asText, parseJson } from "../untrusted.ts";
import { readUsage } from "../usage.ts";
import { DeltaReader } from "./delta-reader.ts";

type Event = Untrusted<
  "error" | "object" | "choices" | "usage" | "model" | "id" | "citations" | "search_results"
>;
type Choice = Untrusted<
  "index" | "delta" | "message" | "finish_reason" | "usage" | "error" | "native_finish_reason"
>;

export type ChatMapperOptions = {
  readonly ids: CallIds;
  readonly thinkTags: "text" | "reasoning";
};

/** Maps the events of a streamed chat completion. */
export class ChatMapper implements EventMapper {
  readonly #deltas: DeltaReader;
  #finish: FinishReason | undefined;
  #hasChoice: boolean = false;
  #isDone: boolean = false;
  #usage: Usage | undefined;
  #model: string | undefined;
  #id: string | undefined;
  /** Some servers name them again with each event: the last lists are all of them. */
  #citations: unknown;
  #searchResults: unknown;

  constructor(options: ChatMapperOptions) {
    this.#deltas = new DeltaReader(options);
  }

  get isComplete(): boolean {
    return this.#isDone;
  }

  accept(value: unknown, name: string | undefined, emit: Emit): void {
    const event: Event | undefined = asObject(value);
    if (event === undefined)
      throw protocolError("the model server sent an event that is no object");
    const error = asObject(event.error) ?? asText(event.error);
    if (name === "error" || event.object === "error" || error !== undefined) {
      throw streamError(event);
    }
    this.#model ??= asText(event.model);
    this.#id ??= asText(event.id);
    this.#usage = readUsage(event.usage) ?? this.#usage;
    if (event.citations !== undefined) this.#citations = event.citations;
    if (event.search_results !== undefined) this.#searchResults = event.search_results;
    const choice = ourChoice(event.choices);
    if (choice === undefined) this.#checkNoError(event);
    else this.#acceptChoice(choice, emit);
  }

  /** It is an event in which the choice has a `message`. */
  acceptWhole(response: unknown, emit: Emit): void {
    if (!Array.isArray(asObject<"choices">(response)?.choices)) throw otherApi("responses");
    this.accept(response, undefined, emit);
    this.#isDone = true;
  }

  acceptDone(): void {
    this.#isDone = true;
  }

  flush(emit: Emit): void {
    this.#deltas.flush(emit);
  }

  end({ text, reasoning, toolCalls }: Said): ResponseEnd {
    if (!this.#hasChoice && this.#isDone) {
      throw protocolError("the model server's stream had no choice in it");
    }
    if (this.#finish === undefined) this.#checkDone(toolCalls);
    if (toolCalls.some((call) => call.name === "")) {
      throw protocolError("the model server sent a tool call without a name");
    }
    const sources = new Sources();
    sources.addAll(this.#searchResults);
    sources.addAll(this.#citations);
    const { reason, raw } = this.#reason();
    return {
      finishReason: reason,
      rawFinishReason: raw,
      usage: this.#usage,
      parts: this.#deltas.parts(text, reasoning, sources),
      model: this.#model,
      id: this.#id,
    };
  }

  #acceptChoice(choice: Choice, emit: Emit): void {
    this.#hasChoice = true;
    const { delta = null } = choice;
    if (delta !== null) this.#deltas.accept(delta, emit);
    const { message = null } = choice;
    // Of a server that does not really stream. Behind deltas it says the same once more.
    if (message !== null && !this.#deltas.hasSaid) this.#deltas.accept(message, emit);
    this.#acceptFinish(choice);
  }

  #acceptFinish(choice: Choice): void {
    const word = asText(choice.finish_reason);
    const { error = null, usage } = choice;
    if (error !== null) throw streamError({ error });
    this.#usage = readUsage(usage) ?? this.#usage;
    if (word === undefined) return;
    const finish = finishReason(word);
    const native = asText(choice.native_finish_reason);
    const raw = native === undefined || finish.raw === undefined ? finish.raw : native;
    this.#finish = { reason: finish.reason, raw };
  }

  #checkNoError(event: Event): void {
    const error = choicelessError(event);
    if (error !== undefined) throw error;
  }

  /** Without a finish reason, only `[DONE]` tells that nothing is missing; of tool calls their JSON must tell it too. */
  #checkDone(toolCalls: readonly ToolCall[]): void {
    const isWhole = ({ argumentsText }: ToolCall): boolean =>
      argumentsText === "" || parseJson(argumentsText) !== undefined;
    if (this.#isDone && toolCalls.every(isWhole)) return;
    throw truncated("the model server's response ended before it was complete");
  }

  /** Some servers call it "stop" also when there are tool calls or a refusal, and the other way round. */
  #reason(): FinishReason {
    const { reason, raw } = this.#finish ?? { reason: "stop", raw: undefined };
    if (reason !== "stop" && reason !== "tool-calls") return { reason, raw };
    if (this.#deltas.hasCalls) return { reason: "tool-calls", raw };
    return { reason: this.#deltas.hasRefusal ? "refusal" : "stop", raw };
  }
}

/** The one choice that we asked for. */
function ourChoice(choices: unknown): Choice | undefined {
  if (choices === undefined || choices === null) return undefined;
  if (!Array.isArray(choices)) throw malformed("choices");
  for (const value of choices) {
    const choice: Choice | undefined = asObject(value);
    if (choice === undefined) throw malformed("choices");
    if ((choice.index ?? 0) === 0) return choice;
  }
  return undefined;
}
