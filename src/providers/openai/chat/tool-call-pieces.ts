import { TextBuffer } from "../../text-buffer.ts";
import type { CallIds } from "../call-ids.ts";
import type { Emit } from "../event-mapper.ts";
import { protocolError } from "../failures.ts";
import { asObject, parseJson } from "../untrusted.ts";

const MAX_TOOL_CALLS = 1_024;

/** A piece of a tool call as a server sent it; what it left out is undefined. */
type Piece = {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly argumentsText: string;
};

type Call = {
  readonly index: number;
  readonly serverId: string | undefined;
  name: string;
  readonly argumentsText: TextBuffer;
  hasArguments: boolean;
  /** The event that named it. */
  readonly event: number;
};

/**
 * Tells which call a piece of a tool call belongs to, also with servers that leave out what OpenAI sends.
 *
 * | the piece has | it belongs to |
 * |---|---|
 * | an `index` | the call of that index |
 * | an `index` in use, and names another call | a new call: Gemini gives all its calls index 0, with or without ids |
 * | no `index`, a known id | the call of that id |
 * | no `index`, a new id or a name | a new call |
 * | no `index`, no id, no name | the latest call |
 *
 * A name may come in pieces, or whole with each piece. A call without an id is given one.
 */
export class ToolCallPieces {
  readonly #ids: CallIds;
  /** By our index, which is the server's where that is free. */
  readonly #calls = new Map<number, Call>();
  readonly #ofServerIndex = new Map<number, Call>();
  #latest: Call | undefined;
  #event = 0;

  constructor(ids: CallIds) {
    this.#ids = ids;
  }

  get count(): number {
    return this.#calls.size;
  }

  /** Pieces of one event that both name a call are of two calls. */
  nextEvent(): void {
    this.#event += 1;
  }

  /**
   * Gives the index of the call to which the piece belongs.
   *
   * @throws {HeddleError} `PROVIDER_PROTOCOL` when there are more than 1,024 calls.
   */
  add(piece: Piece, emit: Emit): number {
    const call = this.#find(piece);
    if (call === undefined) return this.#start(piece, emit);
    this.#latest = call;
    const { index } = call;
    const { argumentsText } = piece;
    const name = newName(call, piece.name);
    if (isRepeated(call, piece)) return index;
    if (name !== undefined) {
      call.name = name;
      emit({ type: "tool-call", index, name, argumentsText });
    } else if (argumentsText !== "") {
      emit({ type: "tool-call", index, argumentsText });
    }
    addArguments(call, argumentsText);
    return index;
  }

  #find(piece: Piece): Call | undefined {
    const { index, id, name } = piece;
    if (index === undefined) return id === undefined ? this.#ofLatest(piece) : this.#ofId(id);
    const call = this.#ofServerIndex.get(index);
    return call && name !== undefined && this.#isAnother(call, piece) ? undefined : call;
  }

  #ofId(id: string): Call | undefined {
    for (const call of this.#calls.values()) if (call.serverId === id) return call;
    return undefined;
  }

  #ofLatest(piece: Piece): Call | undefined {
    const latest = this.#latest;
    if (piece.name === undefined) return latest;
    return latest?.name === piece.name && !this.#isAnother(latest, piece) ? latest : undefined;
  }

  /** Whether a piece with a name belongs to another call than `call`, whose index it has. */
  #isAnother(call: Call, piece: Piece): boolean {
    if (call.name === "") return false;
    const { id, name, argumentsText } = piece;
    if (call.event === this.#event) return true;
    const isWhole = call.hasArguments && isObject(call.argumentsText.toString());
    const isOther = id !== undefined && id !== call.serverId;
    // What comes behind whole arguments is another call, unless it is the name of this one once more.
    if (isWhole) return argumentsText !== "" ? id === undefined || isOther : isOther;
    if (!isOther) return false;
    // Some servers make a new id with each piece.
    return name !== call.name || argumentsText === "" || isObject(argumentsText);
  }

  #start(piece: Piece, emit: Emit): number {
    const { id, name, argumentsText } = piece;
    const isFree = piece.index !== undefined && !this.#calls.has(piece.index);
    const index = isFree ? Number(piece.index) : Math.max(-1, ...this.#calls.keys()) + 1;
    if (index >= MAX_TOOL_CALLS) throw protocolError("the model server sent too many tool calls");
    const call: Call = {
      index,
      serverId: id,
      name: name ?? "",
      argumentsText: new TextBuffer(),
      hasArguments: false,
      event: this.#event,
    };
    if (piece.index !== undefined) this.#ofServerIndex.set(piece.index, call);
    this.#calls.set(index, call);
    this.#latest = call;
    addArguments(call, argumentsText);
    emit({
      type: "tool-call",
      index,
      id: this.#ids.give(id, index),
      ...(name === undefined ? {} : { name }),
      argumentsText,
    });
    return index;
  }
}

function addArguments(call: Call, argumentsText: string): void {
  if (argumentsText === "") return;
  call.hasArguments = true;
  call.argumentsText.add(argumentsText);
}

/** The name of a call that has more of its name, or its first; undefined where it stays as it is. */
function newName({ name, hasArguments }: Call, piece: string | undefined): string | undefined {
  if (piece === undefined || piece === name) return undefined;
  if (name === "") return piece;
  if (hasArguments) return undefined;
  return piece.startsWith(name) ? piece : name + piece;
}

/** Whether a piece says once more what the whole call has said. */
function isRepeated(call: Call, { id, name, argumentsText }: Piece): boolean {
  if (name === undefined || id === undefined || id !== call.serverId) return false;
  return call.hasArguments && argumentsText === call.argumentsText.toString();
}

function isObject(text: string): boolean {
  return text.endsWith("}") && asObject(parseJson(text)) !== undefined;
}
