import type { JsonObject, ResponsePart } from "../../../protocol/model.ts";
import type { CallIds } from "../call-ids.ts";
import type { Emit } from "../event-mapper.ts";
import { protocolError } from "../failures.ts";
import { PartRuns } from "../part-runs.ts";
import { argumentsField, asObject, asText } from "../untrusted.ts";
import type { Channel, OutputItem, Place } from "./output-item.ts";
import { keysOf, newItem, saidIn, thoughtIn, typeOf } from "./output-item.ts";
import { partsOf } from "./parts.ts";
import { PARAGRAPH } from "./state.ts";

const MAX_TOOL_CALLS = 1_024;

/** The items of a response's output: what is said in them, in their order. */
export class OutputItems {
  readonly #ids: CallIds;
  readonly #runs = new PartRuns();
  readonly #byKey = new Map<string, OutputItem>();
  readonly #all = new Set<OutputItem>();
  /** The item of the latest delta, and where that was. */
  #latest: { readonly [C in Channel]?: OutputItem } = {};
  #latestPlace: Place = {};
  /** The item that came last: events without a place are of it. */
  #current: OutputItem | undefined;
  /** The latest message, and the latest thought, with text in it. */
  readonly #last: { text?: OutputItem; reasoning?: OutputItem } = {};
  #callCount = 0;
  hasRefusal: boolean = false;

  constructor(ids: CallIds) {
    this.#ids = ids;
  }

  get callCount(): number {
    return this.#callCount;
  }

  /** Text, a refusal or a thought, as it comes. */
  addDelta(
    channel: "text" | "refusal" | "reasoning",
    place: Place,
    delta: string,
    emit: Emit,
  ): void {
    const item = this.#of(channel, place);
    item.streamed.add(channel);
    this.#say(item, channel, delta, emit);
  }

  /** A whole part: it is news only where it has not come in deltas. */
  addWhole(
    channel: "text" | "refusal" | "reasoning",
    place: Place,
    whole: string,
    emit: Emit,
  ): void {
    const item = this.#of(channel, place);
    if (!item.streamed.delete(channel)) this.#say(item, channel, whole, emit);
  }

  /** A part of a message, at its end: it is news only where nothing of the message has come. */
  addPart(part: unknown, place: Place, emit: Emit): void {
    const said = { content: [part] } as unknown as JsonObject;
    for (const channel of ["text", "refusal"] as const) {
      const text = saidIn(said, channel);
      const item = text === "" ? undefined : this.#of(channel, place);
      if (item && !item.told.has(channel)) this.#say(item, channel, text, emit);
    }
  }

  /** Parts of a summary are paragraphs. */
  addParagraph(place: Place, emit: Emit): void {
    const item = this.#of("reasoning", place);
    if (item.told.has("reasoning")) this.#say(item, "reasoning", PARAGRAPH, emit);
  }

  addArguments(place: Place, argumentsText: string, emit: Emit): void {
    const item = this.#find(place);
    if (item?.run?.type !== "tool-call" || argumentsText === "") return;
    item.told.add("arguments");
    emit({ type: "tool-call", index: item.run.index, argumentsText });
  }

  completeArguments(place: Place, argumentsText: string, emit: Emit): void {
    if (this.#find(place)?.told.has("arguments") === false) {
      this.addArguments(place, argumentsText, emit);
    }
  }

  /** @param isDone - whether the item is complete, so that what is in it is to be taken if no event brought it. */
  addItem(value: unknown, place: Place, isDone: boolean, emit: Emit): void {
    const given = asObject(value) as JsonObject | undefined;
    if (given === undefined || typeOf(given) === "") return;
    const known = this.#find(place);
    const item = known ?? this.#make(place);
    this.#current = item;
    item.item = { ...item.item, ...given };
    this.#start(item, given, emit);
    if (!isDone || item.isDone) return;
    item.isDone = true;
    this.#complete(item, given, place, emit);
  }

  /** The whole output at the end: what is new in it is taken. */
  addOutput(output: unknown, emit: Emit): void {
    if (!Array.isArray(output)) return;
    const places = output.map((item, output_index) => ({
      item_id: asObject<"id">(item)?.id,
      output_index,
    }));
    const known = new Set(places.map((place) => this.#find(place)));
    // Text of an item that is not in the output has another name there.
    const isElsewhere = [...this.#all].some((item) => item.told.size > 0 && !known.has(item));
    for (const [i, item] of output.entries()) {
      const place = places[i] ?? {};
      if (isElsewhere && this.#find(place) === undefined) continue;
      this.addItem(item, place, true, emit);
    }
  }

  parts(text: string, reasoning: string, isCutOff: boolean): readonly ResponsePart[] | undefined {
    return partsOf([...this.#all], this.#runs, { text, reasoning, isCutOff });
  }

  #say(
    item: OutputItem,
    channel: "text" | "refusal" | "reasoning",
    text: string,
    emit: Emit,
  ): void {
    if (channel === "refusal") {
      this.hasRefusal = true;
      item.told.add(channel);
      emit({ type: channel, text });
      return;
    }
    if (text === "") return;
    if (!item.told.has(channel)) this.#begin(item, channel, emit);
    const { run } = item;
    if (run?.type === "text" || run?.type === "reasoning") run.length += text.length;
    emit({ type: channel, text });
  }

  /** A new message, and a new thought, begins a paragraph. It belongs to the end of the one before. */
  #begin(item: OutputItem, channel: "text" | "reasoning", emit: Emit): void {
    item.told.add(channel);
    const before = this.#last[channel]?.run;
    if (before?.type === channel) {
      before.length += PARAGRAPH.length;
      emit({ type: channel, text: PARAGRAPH });
    }
    if (item.run?.type !== channel) item.run = this.#runs.begin(channel);
    this.#last[channel] = item;
  }

  #start(item: OutputItem, given: JsonObject, emit: Emit): void {
    if (item.run !== undefined) return;
    switch (typeOf(given)) {
      case "message":
        break;
      case "reasoning":
        item.run = this.#runs.begin("reasoning");
        break;
      case "function_call":
        this.#startCall(item, given, emit);
        break;
      default:
        item.run = this.#runs.slot();
    }
  }

  #startCall(item: OutputItem, given: JsonObject, emit: Emit): void {
    const index = this.#callCount++;
    if (index >= MAX_TOOL_CALLS) throw protocolError("the model server sent too many tool calls");
    item.run = this.#runs.call(index);
    const name = asText(given["name"]);
    emit({
      type: "tool-call",
      index,
      id: this.#ids.give(asText(given["call_id"]) ?? asText(given["id"]), index),
      ...(name === undefined ? {} : { name }),
      argumentsText: "",
    });
  }

  #complete(item: OutputItem, given: JsonObject, place: Place, emit: Emit): void {
    switch (typeOf(given)) {
      case "message":
        for (const channel of ["text", "refusal"] as const) {
          const said = saidIn(given, channel);
          if (said !== "" && !item.told.has(channel)) this.#say(item, channel, said, emit);
        }
        break;
      case "reasoning":
        if (!item.told.has("reasoning")) this.#say(item, "reasoning", thoughtIn(given), emit);
        break;
      case "function_call":
        this.completeArguments(place, argumentsField(given["arguments"]), emit);
        break;
    }
  }

  /** The item of an event that brings text. One without a place, or with that of something else, belongs to the latest that fits. */
  #of(channel: Channel, place: Place): OutputItem {
    const { item_id, output_index } = this.#latestPlace;
    const isSame = place.item_id === item_id && place.output_index === output_index;
    const latest = this.#latest[channel];
    if (isSame && latest !== undefined) return latest;
    const found = this.#find(place);
    const item = found && fits(found, channel) ? found : (latest ?? this.#make(place));
    this.#latest = { [channel]: item };
    this.#latestPlace = { item_id: place.item_id, output_index: place.output_index };
    return item;
  }

  #find(place: Place): OutputItem | undefined {
    const keys = keysOf(place);
    if (keys.length === 0) return this.#current;
    for (const key of keys) {
      const item = this.#byKey.get(key);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  #make(place: Place): OutputItem {
    const item = newItem();
    this.#all.add(item);
    const keys = keysOf(place);
    // An item that was found not to fit keeps its place.
    for (const key of keys) if (!this.#byKey.has(key)) this.#byKey.set(key, item);
    return item;
  }
}

/** Whether what comes by `channel` can be of `item`. */
function fits({ item, run }: OutputItem, channel: Channel): boolean {
  const type = channel === "reasoning" ? "reasoning" : "message";
  const runType = channel === "reasoning" ? "reasoning" : "text";
  const isType = item === undefined || typeOf(item) === type;
  return isType && (run === undefined || run.type === runType);
}
