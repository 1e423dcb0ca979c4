/*
 * What stands around an answer in a response's text. No regular expressions: the text is the model's, and may be long.
 */

/** What models and their servers write around what a model thinks. */
const THOUGHTS = ["think", "thinking", "thought", "reasoning"];

/**
 * What follows the model's thoughts; undefined: it has written none before its answer. Their beginning may be missing, because many templates
 * put it into the prompt.
 */
export function afterThoughts(text: string): string | undefined {
  const ends = THOUGHTS.map((name) => endOf(text, `</${name}>`)).filter((end) => end >= 0);
  return ends.length === 0 ? undefined : text.slice(Math.min(...ends));
}

/** What is inside of one fence that is around all of `text`; `text` itself where there is none. */
export function unfenced(text: string): string {
  const fence = ["```", "~~~"].find((mark) => text.startsWith(mark) && text.endsWith(mark));
  if (fence === undefined || text.length < 2 * fence.length) return text;
  const inside = text.slice(fence.length, -fence.length);
  const line = inside.indexOf("\n");
  const head = line < 0 ? "" : inside.slice(0, line).trim();
  if (["jsonc", "json5", "jsonl"].includes(head.toLowerCase())) return inside.slice(line);
  return inside.slice(0, 4).toLowerCase() === "json" ? inside.slice(4) : inside;
}

/** Where `mark` ends in `text`, in letters of any case; -1: it is not there. */
function endOf(text: string, mark: string): number {
  for (let at = text.indexOf("</"); at >= 0; at = text.indexOf("</", at + 2)) {
    if (text.slice(at, at + mark.length).toLowerCase() === mark) return at + mark.length;
  }
  return -1;
}
