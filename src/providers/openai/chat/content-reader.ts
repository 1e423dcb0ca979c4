import type { JsonObject } from "../../../protocol/model.ts";
import type { Emit } from "../event-mapper.ts";
import { imageIn } from "../files.ts";
import type { PartRuns, TextRun } from "../part-runs.ts";
import { extendState } from "../part-runs.ts";
import type { ContentItem } from "./content-items.ts";
import { contentItems, continuesItem, joinItems } from "./content-items.ts";
import { chatState } from "./state.ts";
import { ThinkTags } from "./think-tags.ts";

/** Reads a message's text and thoughts, in whichever form they come. */
export class ContentReader {
  readonly #runs: PartRuns;
  /** As long as thoughts could stand in the text. */
  #tags: ThinkTags | undefined;
  readonly #allTags: ThinkTags | undefined;
  /** The thoughts that stood in the text. */
  #tagged: TextRun | undefined;
  #item: { readonly run: TextRun; item: JsonObject } | undefined;

  constructor(runs: PartRuns, thinkTags: "text" | "reasoning") {
    this.#runs = runs;
    this.#allTags = thinkTags === "reasoning" ? new ThinkTags() : undefined;
    this.#tags = this.#allTags;
  }

  acceptText(text: string, emit: Emit): void {
    if (this.#tags !== undefined) {
      this.#acceptTagged(this.#tags, text, emit);
      return;
    }
    this.#runs.add("text", text.length);
    emit({ type: "text", text });
  }

  /** A server that has a field for thoughts does not write them into the text. */
  acceptReasoning(text: string, emit: Emit): void {
    this.#settleTags(emit);
    this.#runs.add("reasoning", text.length);
    emit({ type: "reasoning", text });
  }

  acceptItems(content: unknown, emit: Emit): void {
    for (const item of contentItems(content)) this.#acceptItem(item, emit);
  }

  /** What is no picture is left out. */
  acceptImage(value: unknown): void {
    const image = imageIn(value);
    if (image) this.#runs.put({ ...image, state: { data: chatState({ isShown: true }) } });
  }

  flush(emit: Emit): void {
    this.#settleTags(emit);
  }

  /** Has the tags sent back with the thoughts that stood between them. */
  keepTags(): void {
    const around = this.#allTags?.around;
    if (around && this.#tagged) extendState(this.#tagged, chatState({ around }));
  }

  #acceptTagged(tags: ThinkTags, text: string, emit: Emit): void {
    for (const piece of tags.take(text)) this.#give(piece, emit);
    if (tags.isOff) this.#tags = undefined;
  }

  #settleTags(emit: Emit): void {
    const tags = this.#tags;
    if (tags === undefined) return;
    this.#tags = undefined;
    for (const piece of tags.flush()) this.#give(piece, emit);
  }

  #give(piece: { readonly type: "text" | "reasoning"; readonly text: string }, emit: Emit): void {
    const run = this.#runs.add(piece.type, piece.text.length);
    if (piece.type === "reasoning") this.#tagged = run;
    emit(piece);
  }

  #acceptItem(item: ContentItem, emit: Emit): void {
    switch (item.type) {
      case "text":
        if (item.text !== "") this.acceptText(item.text, emit);
        break;
      case "reasoning":
        this.#acceptThought(item, emit);
        break;
      case "reference":
        this.#acceptReference(item.ids, item.item);
        break;
      case "image":
        this.acceptImage(item.item);
        break;
      case "other":
        this.#acceptOther(item.kind, item.item);
        break;
      default:
        item satisfies never;
    }
  }

  #acceptReference(ids: readonly string[], item: JsonObject): void {
    const [first = "", ...others] = ids;
    const state = { data: chatState({ item }) };
    this.#runs.put({ type: "source", title: `reference ${first}`, state });
    for (const id of others) this.#runs.put({ type: "source", title: `reference ${id}` });
  }

  /** What hides a thought is no answer. */
  #acceptOther(kind: string, item: JsonObject): void {
    const data = chatState({ item });
    if (/thinking|reasoning/.test(kind)) this.#runs.begin("reasoning").state = data;
    else this.#runs.put({ type: "custom", kind, state: { data } });
    this.#runs.close();
  }

  #acceptThought({ text, item }: { readonly text: string; readonly item: JsonObject }, emit: Emit) {
    this.#settleTags(emit);
    const before = this.#item;
    const isMore =
      before && this.#runs.isOpen(before.run) && continuesItem(before.item, item, text);
    if (isMore) before.item = joinItems(before.item, item);
    else this.#item = { run: this.#runs.begin("reasoning"), item };
    const { run, item: whole } = this.#item as { run: TextRun; item: JsonObject };
    run.state = chatState({ item: whole });
    run.length += text.length;
    if (text !== "") emit({ type: "reasoning", text });
  }
}
