import type { ResponsePart } from "../../../protocol/model.ts";
import type { Emit } from "../event-mapper.ts";
import { malformed } from "../failures.ts";
import { SoundPieces } from "../files.ts";
import { extendState, PartRuns } from "../part-runs.ts";
import type { Sources } from "../sources.ts";
import type { Untrusted } from "../untrusted.ts";
import { asObject, asText, textField } from "../untrusted.ts";
import { CallReader } from "./call-reader.ts";
import { ContentReader } from "./content-reader.ts";
import type { BlockField } from "./kept-fields.ts";
import { KeptFields } from "./kept-fields.ts";
import type { ChatMapperOptions } from "./mapper.ts";
import { chatState } from "./state.ts";
import { textOf } from "./thought-blocks.ts";

/** What most deltas have, and all that most of them have. */
type Delta = Untrusted<
  | "content"
  | "refusal"
  | "reasoning"
  | "reasoning_content"
  | "reasoning_text"
  | "tool_calls"
  | "function_call"
>;

/** The same text under several names, not several texts: some versions of vLLM send two. */
const TEXTS = ["reasoning_content", "reasoning", "reasoning_text"] as const;

/** Reads the deltas of one message, or the whole message. */
export class DeltaReader {
  readonly #runs = new PartRuns();
  readonly #content: ContentReader;
  readonly #calls: CallReader;
  readonly #kept = new KeptFields();
  /** The fields in which thoughts came, and whether there was text in them. */
  readonly #texts = new Map<string, boolean>();
  readonly #annotations: unknown[] = [];
  /** Of the present delta: they come behind its text. */
  readonly #images: unknown[] = [];
  #sound: SoundPieces | undefined;
  hasRefusal: boolean = false;
  /** Whether anything of the response has come. */
  hasSaid: boolean = false;

  constructor({ ids, thinkTags }: ChatMapperOptions) {
    this.#content = new ContentReader(this.#runs, thinkTags);
    this.#calls = new CallReader(this.#runs, ids);
  }

  get hasCalls(): boolean {
    return this.#calls.count > 0;
  }

  accept(value: unknown, emit: Emit): void {
    const delta: Delta | undefined = asObject(value);
    if (delta === undefined) throw malformed("delta");
    for (const name in delta) this.#acceptField(name, delta, emit);
    const { content } = delta;
    if (typeof content === "string") {
      if (content !== "") this.#acceptText(content, emit);
    } else if (content !== undefined && content !== null) {
      this.hasSaid = true;
      this.#content.acceptItems(content, emit);
    }
    if (this.#images.length > 0) this.#acceptImages();
    if (delta.refusal) this.#acceptRefusal(textField(delta.refusal, "refusal"), emit);
    if (delta.tool_calls) this.#acceptCalls(delta.tool_calls, emit);
    if (delta.function_call) this.#calls.addLegacy(delta.function_call, emit);
  }

  flush(emit: Emit): void {
    this.#content.flush(emit);
  }

  parts(text: string, reasoning: string, sources: Sources): readonly ResponsePart[] | undefined {
    const fields = this.#kept.build(reasoning);
    if (this.#texts.size > 0 || fields !== undefined) {
      const texts = this.#texts.size === 0 ? {} : { texts: this.#textNames() };
      const state = chatState({ ...texts, ...(fields === undefined ? {} : { fields }) });
      extendState(this.#runs.firstReasoning(), state);
    }
    this.#content.keepTags();
    const sound = this.#sound?.build();
    if (sound) this.#runs.put(sound);
    sources.addAll(this.#annotations);
    for (const source of sources.parts) this.#runs.put(source);
    return this.#runs.build(text, reasoning);
  }

  /** One switch, and most names end at once: servers do not send the rare fields with each delta. */
  #acceptField(name: string, delta: Delta, emit: Emit): void {
    switch (name) {
      case "role":
      case "content":
      case "refusal":
      case "tool_calls":
      case "function_call":
        break;
      case "reasoning_content":
      case "reasoning":
      case "reasoning_text":
        this.#acceptReasoning(name, delta, emit);
        break;
      default: {
        const value: unknown = (delta as Record<string, unknown>)[name] ?? null;
        if (value !== null) this.#acceptRare(name, value, delta, emit);
      }
    }
  }

  /** Those with text; where there is none, those that came empty. */
  #textNames(): readonly string[] {
    const names = [...this.#texts.keys()];
    const full = names.filter((name) => this.#texts.get(name));
    return full.length > 0 ? full : names;
  }

  #acceptText(content: string, emit: Emit): void {
    this.hasSaid = true;
    this.#content.acceptText(content, emit);
  }

  /** An empty text is kept, too: DeepSeek wants the field back with each message, also where the model had no thought. */
  #acceptReasoning(name: (typeof TEXTS)[number], delta: Delta, emit: Emit): void {
    const text = delta[name];
    if (typeof text !== "string") return;
    if (text === "") {
      if (!this.#texts.has(name)) this.#texts.set(name, false);
      return;
    }
    this.#texts.set(name, true);
    if (name === firstText(delta)) this.#think(text, emit);
  }

  #think(text: string, emit: Emit): void {
    this.hasSaid = true;
    this.#content.acceptReasoning(text, emit);
  }

  #acceptRefusal(refusal: string, emit: Emit): void {
    this.hasSaid = true;
    this.hasRefusal = true;
    emit({ type: "refusal", text: refusal });
  }

  #acceptCalls(calls: unknown, emit: Emit): void {
    this.hasSaid = true;
    this.#calls.addAll(calls, emit);
  }

  #acceptRare(name: string, value: unknown, delta: Delta, emit: Emit): void {
    switch (name) {
      case "reasoning_details":
      case "thinking_blocks":
        if (Array.isArray(value)) this.#acceptBlocks(name, value, delta, emit);
        break;
      case "images":
        if (Array.isArray(value)) this.#images.push(...value);
        break;
      case "annotations":
        if (Array.isArray(value)) this.#annotations.push(...value);
        break;
      case "audio":
        this.#kept.add(name, value);
        this.#acceptSound(value, delta, emit);
        break;
      default:
        this.#kept.add(name, value);
    }
  }

  /** Their text is shown where no other field has it. */
  #acceptBlocks(name: BlockField, blocks: readonly unknown[], delta: Delta, emit: Emit): void {
    const text = textOf(blocks);
    if (text !== "" && firstText(delta) === undefined && !this.#hasOther(name)) {
      this.#think(text, emit);
    }
    this.#kept.addBlocks(name, blocks);
  }

  #hasOther(name: BlockField): boolean {
    return name === "thinking_blocks" && this.#kept.hasBlocks("reasoning_details");
  }

  #acceptImages(): void {
    this.hasSaid = true;
    for (const value of this.#images.splice(0)) this.#content.acceptImage(value);
  }

  /** What is said is the text. */
  #acceptSound(value: unknown, { content }: Delta, emit: Emit): void {
    const { data, transcript } = asObject<"data" | "transcript">(value) ?? {};
    const bytes = asText(data);
    if (bytes !== undefined) {
      this.hasSaid = true;
      this.#sound ??= new SoundPieces();
      this.#sound.add(bytes);
    }
    const words = asText(transcript);
    if (words !== undefined && asText(content) === undefined) this.#acceptText(words, emit);
  }
}

function firstText(delta: Delta): (typeof TEXTS)[number] | undefined {
  return TEXTS.find((name) => asText(delta[name]) !== undefined);
}
