import type { Emit } from "./event-mapper.ts";
import { protocolError } from "./failures.ts";
import type { Untrusted } from "./untrusted.ts";
import { asObject, asText, textField } from "./untrusted.ts";

const MAX_TOOL_CALLS = 1_024;

type Call = { readonly index: number; hasArguments: boolean };
type Place = Untrusted<"item_id" | "output_index">;

/** The function calls among a response's output items, numbered in the order in which they begin. */
export class FunctionCallItems {
  readonly #idPrefix: () => string;
  /** By the item's id and by its place in the output: servers leave out one or the other. */
  readonly #calls = new Map<string, Call>();
  #count = 0;

  constructor(idPrefix: () => string) {
    this.#idPrefix = idPrefix;
  }

  get count(): number {
    return this.#count;
  }

  /** @param isDone - whether the item is complete, so that its arguments are to be taken if no event brought them. */
  addItem(event: Place & Untrusted<"item">, isDone: boolean, emit: Emit): void {
    const item = asObject<"type" | "id" | "call_id" | "name" | "arguments">(event.item);
    if (item?.type !== "function_call") return;
    const place = { item_id: item.id, output_index: event.output_index };
    if (this.#find(place) === undefined) this.#start(place, item, emit);
    if (isDone) this.completeArguments(place, textField(item.arguments, "arguments"), emit);
  }

  addArguments(place: Place, argumentsText: string, emit: Emit): void {
    const call = this.#find(place);
    if (call === undefined || argumentsText === "") return;
    call.hasArguments = true;
    emit({ type: "tool-call", index: call.index, argumentsText });
  }

  completeArguments(place: Place, argumentsText: string, emit: Emit): void {
    if (this.#find(place)?.hasArguments === false) this.addArguments(place, argumentsText, emit);
  }

  #find(place: Place): Call | undefined {
    for (const key of keysOf(place)) {
      const call = this.#calls.get(key);
      if (call !== undefined) return call;
    }
    return undefined;
  }

  #start(place: Place, item: Untrusted<"call_id" | "name">, emit: Emit): void {
    const index = this.#count++;
    if (index >= MAX_TOOL_CALLS) throw protocolError("the model server sent too many tool calls");
    const call: Call = { index, hasArguments: false };
    for (const key of keysOf(place)) this.#calls.set(key, call);
    const name = asText(item.name);
    emit({
      type: "tool-call",
      index,
      id: asText(item.call_id) ?? asText(place.item_id) ?? `${this.#idPrefix()}_${index}`,
      ...(name === undefined ? {} : { name }),
      argumentsText: "",
    });
  }
}

function keysOf({ item_id, output_index }: Place): readonly string[] {
  return [
    ...(typeof item_id === "string" && item_id !== "" ? [`id ${item_id}`] : []),
    ...(typeof output_index === "number" ? [`at ${output_index}`] : []),
  ];
}
