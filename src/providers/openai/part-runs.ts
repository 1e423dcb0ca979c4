import type { Json, JsonObject, ResponsePart } from "../../protocol/model.ts";

/** A stretch of text or thought without a break. Its `state` and `isCommentary` may be set as long as the response goes on. */
export type TextRun = {
  readonly type: "text" | "reasoning";
  /** In UTF-16 code units. The text itself is in the response: to keep it here too would double its memory. */
  length: number;
  state?: Json | undefined;
  isCommentary?: boolean;
};

export type CallRun = {
  readonly type: "tool-call";
  readonly index: number;
  state?: Json | undefined;
};
/** A place for parts that are known later. */
export type Slot = { readonly type: "slot"; readonly parts: ResponsePart[] };
type Run = TextRun | CallRun | Slot;

/** What came of a response, in its order. */
export class PartRuns {
  readonly #runs: Run[] = [];
  /** The run that more of its type is added to. */
  #open: TextRun | undefined;

  /** Adds to the present run, or begins one where the type changes. */
  add(type: TextRun["type"], length: number): TextRun {
    const run = this.#open?.type === type ? this.#open : this.begin(type);
    run.length += length;
    return run;
  }

  /** Begins a run, also where the one before is of the same type. */
  begin(type: TextRun["type"]): TextRun {
    const run: TextRun = { type, length: 0 };
    this.#runs.push(run);
    this.#open = run;
    return run;
  }

  /** Whether nothing else has come since `run`. */
  isOpen(run: TextRun): boolean {
    return this.#open === run;
  }

  /** What comes next begins a run of its own. */
  close(): void {
    this.#open = undefined;
  }

  /** @param index - the call's own, in its chunks. */
  call(index: number): CallRun {
    const run: CallRun = { type: "tool-call", index };
    this.#runs.push(run);
    this.#open = undefined;
    return run;
  }

  put(part: ResponsePart): void {
    this.slot().parts.push(part);
  }

  slot(): Slot {
    const slot: Slot = { type: "slot", parts: [] };
    this.#runs.push(slot);
    this.#open = undefined;
    return slot;
  }

  /** The first run of thoughts. Where there is none, an empty one at the start: what belongs to the whole response is kept with it. */
  firstReasoning(): TextRun {
    const first = this.#runs.find((run) => run.type === "reasoning");
    if (first) return first as TextRun;
    const run: TextRun = { type: "reasoning", length: 0 };
    this.#runs.unshift(run);
    return run;
  }

  /** The parts, cut out of the whole `text` and `reasoning`; undefined where those and the tool calls say it all. */
  build(text: string, reasoning: string): readonly ResponsePart[] | undefined {
    const places = this.#places();
    const texts = this.texts(text, reasoning);
    const parts = this.#runs.flatMap((run): readonly ResponsePart[] => {
      if (run.type === "slot") return run.parts;
      const state = run.state === undefined ? {} : { state: { data: run.state } };
      if (run.type === "tool-call") {
        return [{ type: "tool-call", index: places.get(run.index) ?? 0, ...state }];
      }
      return textPart(run, texts.get(run) ?? "", state);
    });
    return parts.some(saysMore) ? parts : undefined;
  }

  /** The text of each run. */
  texts(text: string, reasoning: string): ReadonlyMap<Run, string> {
    const at = { text: 0, reasoning: 0 };
    const texts = new Map<Run, string>();
    for (const run of this.#runs) {
      if (run.type !== "text" && run.type !== "reasoning") continue;
      const from = at[run.type];
      at[run.type] += run.length;
      texts.set(run, (run.type === "text" ? text : reasoning).slice(from, at[run.type]));
    }
    return texts;
  }

  /** The place of each call among the calls of the response, which are in the order of their index. */
  #places(): ReadonlyMap<number, number> {
    const calls = this.#runs.flatMap((run) => (run.type === "tool-call" ? [run.index] : []));
    return new Map(calls.sort((a, b) => a - b).map((index, place) => [index, place]));
  }
}

function textPart(run: TextRun, text: string, state: Pick<ResponsePart, "state">) {
  if (text === "" && run.state === undefined) return [];
  const { type } = run;
  if (type === "reasoning") return [{ type, text, ...state }];
  return [{ type, text, ...(run.isCommentary ? { isCommentary: true as const } : {}), ...state }];
}

/** Adds to what goes back with a run. */
export function extendState(run: TextRun, more: JsonObject): void {
  run.state = { ...(run.state as JsonObject | undefined), ...more };
}

/** Whether a part tells more than the response's text and tool calls do. */
function saysMore(part: ResponsePart): boolean {
  if (part.state !== undefined) return true;
  if (part.type === "text") return part.isCommentary === true;
  return part.type !== "tool-call";
}
