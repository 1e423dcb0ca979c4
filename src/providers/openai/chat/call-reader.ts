import type { JsonObject } from "../../../protocol/model.ts";
import type { CallIds } from "../call-ids.ts";
import type { Emit } from "../event-mapper.ts";
import { malformed } from "../failures.ts";
import type { CallRun, PartRuns } from "../part-runs.ts";
import type { Untrusted } from "../untrusted.ts";
import { argumentsField, asObject, asText } from "../untrusted.ts";
import { keptOfCall } from "./kept-fields.ts";
import { chatState } from "./state.ts";
import { ToolCallPieces } from "./tool-call-pieces.ts";

type Kept = { readonly fields?: JsonObject; readonly function?: JsonObject };

/** Reads the tool calls of a message. */
export class CallReader {
  readonly #runs: PartRuns;
  readonly #pieces: ToolCallPieces;
  readonly #ofIndex = new Map<number, { readonly run: CallRun; kept: Kept }>();

  constructor(runs: PartRuns, ids: CallIds) {
    this.#runs = runs;
    this.#pieces = new ToolCallPieces(ids);
  }

  get count(): number {
    return this.#pieces.count;
  }

  addAll(value: unknown, emit: Emit): void {
    if (!Array.isArray(value)) throw malformed("tool_calls");
    this.#pieces.nextEvent();
    for (const piece of value) this.#add(piece, emit);
  }

  /** The one call of OpenAI's first form. Servers in Go send it empty: that is no call. */
  addLegacy(value: unknown, emit: Emit): void {
    const called = asObject<"name" | "arguments">(value);
    if (called === undefined) throw malformed("function_call");
    const isEmpty = asText(called.name) === undefined && argumentsField(called.arguments) === "";
    if (isEmpty) return;
    this.#pieces.nextEvent();
    this.#add({ index: 0, function: called }, emit);
  }

  #add(value: unknown, emit: Emit): void {
    const piece: Untrusted<"index" | "id" | "function"> | undefined = asObject(value);
    const called = asObject<"name" | "arguments">(piece?.function ?? {});
    if (piece === undefined || called === undefined) throw malformed("tool_calls");
    const before = this.#pieces.count;
    const index = this.#pieces.add(
      {
        index: indexOf(piece.index),
        id: asText(piece.id),
        name: asText(called.name),
        argumentsText: argumentsField(called.arguments),
      },
      emit,
    );
    if (this.#pieces.count > before) {
      this.#ofIndex.set(index, { run: this.#runs.call(index), kept: {} });
    }
    this.#keep(index, piece, called);
  }

  #keep(index: number, piece: object, called: object): void {
    const fields = keptOfCall(piece);
    const ofFunction = keptOfCall(called);
    const call = this.#ofIndex.get(index);
    if (!call || (fields === undefined && ofFunction === undefined)) return;
    call.kept = {
      ...call.kept,
      ...(fields === undefined ? {} : { fields: { ...call.kept.fields, ...fields } }),
      ...(ofFunction === undefined ? {} : { function: { ...call.kept.function, ...ofFunction } }),
    };
    call.run.state = chatState(call.kept);
  }
}

/** A number, which some servers write as text. */
function indexOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const index = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(index) || (index as number) < 0) throw malformed("tool_calls[].index");
  return index as number;
}
