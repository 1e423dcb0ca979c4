import type { Emit } from "./event-mapper.ts";
import { protocolError } from "./failures.ts";

const MAX_TOOL_CALLS = 1_024;

/** A piece of a tool call as a server sent it; what it left out is undefined. */
type Piece = {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly argumentsText: string;
};

/**
 * Tells which call a piece of a tool call belongs to, also with servers that leave out what OpenAI sends.
 *
 * | the piece has | it belongs to |
 * |---|---|
 * | an `index` | the call of that index |
 * | an `index` in use, a name and another id | a new call: Gemini gives all its calls index 0 |
 * | no `index`, a known id | the call of that id |
 * | no `index`, a new id or a name | a new call |
 * | no `index`, no id, no name | the latest call |
 *
 * A call without an id is given one, which is unique because `idPrefix` is.
 */
export class ToolCallPieces {
  readonly #idPrefix: () => string;
  /** By our index, which is the server's where that is free. */
  readonly #calls = new Map<number, { readonly serverId: string | undefined; isNamed: boolean }>();
  readonly #ofServerIndex = new Map<number, number>();
  #latest = -1;
  #prefix: string | undefined;

  /** @param idPrefix - called once, when the first id is missing. */
  constructor(idPrefix: () => string) {
    this.#idPrefix = idPrefix;
  }

  get count(): number {
    return this.#calls.size;
  }

  /** @throws {HeddleError} `PROVIDER_PROTOCOL` when there are more than 1,024 calls. */
  add(piece: Piece, emit: Emit): void {
    const index = this.#find(piece);
    if (index === undefined) {
      this.#start(piece, emit);
      return;
    }
    const { name, argumentsText } = piece;
    this.#latest = index;
    const call = this.#calls.get(index);
    if (call?.isNamed === false && name !== undefined) {
      call.isNamed = true;
      emit({ type: "tool-call", index, name, argumentsText });
    } else if (argumentsText !== "") {
      emit({ type: "tool-call", index, argumentsText });
    }
  }

  #find({ index, id, name }: Piece): number | undefined {
    if (index !== undefined) {
      const ours = this.#ofServerIndex.get(index);
      const isAnother =
        ours !== undefined &&
        id !== undefined &&
        name !== undefined &&
        id !== this.#calls.get(ours)?.serverId;
      return isAnother ? undefined : ours;
    }
    if (id !== undefined) {
      for (const [ours, call] of this.#calls) if (call.serverId === id) return ours;
      return undefined;
    }
    return name === undefined && this.#latest >= 0 ? this.#latest : undefined;
  }

  #start(piece: Piece, emit: Emit): void {
    const { id, name, argumentsText } = piece;
    const isFree = piece.index !== undefined && !this.#calls.has(piece.index);
    const index = isFree ? Number(piece.index) : Math.max(-1, ...this.#calls.keys()) + 1;
    if (index >= MAX_TOOL_CALLS) throw protocolError("the model server sent too many tool calls");
    if (piece.index !== undefined) this.#ofServerIndex.set(piece.index, index);
    this.#calls.set(index, { serverId: id, isNamed: name !== undefined });
    this.#latest = index;
    emit({
      type: "tool-call",
      index,
      id: id ?? this.#makeId(index),
      ...(name === undefined ? {} : { name }),
      argumentsText,
    });
  }

  #makeId(index: number): string {
    this.#prefix ??= this.#idPrefix();
    return `${this.#prefix}_${index}`;
  }
}
