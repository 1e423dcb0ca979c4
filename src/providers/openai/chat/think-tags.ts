type Piece = { readonly type: "text" | "reasoning"; readonly text: string };

/** Those of Qwen, DeepSeek R1, GLM and MiniMax without a parser in their server, and Gemini's. */
const TAGS = ["think", "thought"] as const;

/**
 * Takes thoughts out of a text that begins with them, as `<think>…</think>`.
 *
 * Only the very start of a response is looked at: anywhere else such a tag is a part of the answer. What could be the start of a tag
 * is held back until it is known.
 */
export class ThinkTags {
  #state: "before" | "inside" | "behind" | "off" = "before";
  #held = "";
  #open = "";
  #close = "";
  #endTag = "";

  /** Whether all that follows is text. */
  get isOff(): boolean {
    return this.#state === "off";
  }

  /** What stands around the thoughts, to be sent back with them. Undefined if there are none, and for Gemini's, which does not read them. */
  get around(): readonly [open: string, close: string] | undefined {
    const isOwn = this.#open !== "" && this.#endTag !== "</thought>";
    return isOwn ? [this.#open, this.#close] : undefined;
  }

  take(text: string): readonly Piece[] {
    const all = this.#held + text;
    this.#held = "";
    switch (this.#state) {
      case "before":
        return this.#begin(all);
      case "inside":
        return this.#think(all);
      case "behind":
        return this.#skipBlanks(all);
      case "off":
        return [{ type: "text", text: all }];
      default:
        return this.#state satisfies never;
    }
  }

  /** What is still held back, once the response has ended. */
  flush(): readonly Piece[] {
    const held = this.#held;
    this.#held = "";
    if (held === "" || this.#state === "behind") return [];
    return [{ type: this.#state === "inside" ? "reasoning" : "text", text: held }];
  }

  #begin(all: string): readonly Piece[] {
    const start = all.trimStart();
    for (const tag of TAGS) {
      const open = `<${tag}>`;
      if (start.startsWith(open)) {
        const end = all.length - start.length + open.length;
        this.#open = all.slice(0, end);
        this.#endTag = `</${tag}>`;
        this.#state = "inside";
        return this.#think(all.slice(end));
      }
      if (open.startsWith(start)) {
        this.#held = all;
        return [];
      }
    }
    this.#state = "off";
    return [{ type: "text", text: all }];
  }

  #think(all: string): readonly Piece[] {
    const end = all.indexOf(this.#endTag);
    if (end < 0) {
      const held = heldLength(all, this.#endTag);
      this.#held = all.slice(all.length - held);
      return reasoning(all.slice(0, all.length - held));
    }
    this.#close = this.#endTag;
    this.#state = "behind";
    const rest = all.slice(end + this.#endTag.length);
    return [...reasoning(all.slice(0, end)), ...this.#skipBlanks(rest)];
  }

  /** The blanks behind the tag belong to it. */
  #skipBlanks(all: string): readonly Piece[] {
    const text = all.trimStart();
    this.#close += all.slice(0, all.length - text.length);
    if (text === "") return [];
    this.#state = "off";
    return [{ type: "text", text }];
  }
}

function reasoning(text: string): readonly Piece[] {
  return text === "" ? [] : [{ type: "reasoning", text }];
}

/** How much of the end of `text` could be the start of `tag`. */
function heldLength(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (tag.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
