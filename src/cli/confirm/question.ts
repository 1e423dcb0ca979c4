import type { ConfirmationRequest } from "../../index.ts";
import type { Redact } from "../redact.ts";
import type { Colors } from "../terminal.ts";
import { cutToWidth, wrapToWidth } from "../terminal.ts";
import { visible, visibleJson } from "./visible.ts";

const BAR = "│ ";
/** Stands before the rest of a line that takes more than one. */
const MORE = "┊ ";

/** What a person does with a tool call. */
export type Choice = "approve" | "deny" | "edit" | "always";

/**
 * What a person is shown before they decide: who wants to call which tool, and all arguments.
 *
 * Each line of the arguments begins with a bar, so that no text of a model's can stand where the command's own does, and where a long one is
 * wrapped, with another bar, so that none can look like a line of its own. A text's line breaks are shown as `\n`, and broken there.
 */
export function questionLines(
  { toolName, args }: ConfirmationRequest,
  options: {
    /** Who wants to call it. */
    readonly who: string;
    /** How many others wait. */
    readonly behind: number;
    readonly width: number;
    readonly colors: Colors;
    readonly redact: Redact;
  },
): readonly string[] {
  const { who, behind, width, colors, redact } = options;
  const others = behind === 0 ? "" : ` (${behind} more ${behind === 1 ? "waits" : "wait"})`;
  const call = `${visible(who)} wants to call ${visible(toolName)} with:`;
  const head = `${cutToWidth(call, width - others.length)}${others}`;
  const room = Math.max(1, width - BAR.length);
  const rows = visibleJson(args).flatMap((line) => {
    const parts = atLineBreaks(redact(line)).flatMap((part) => wrapToWidth(part, room));
    return parts.map((part, index) => `${colors.dim(index === 0 ? BAR : MORE)}${part}`);
  });
  return [colors.inverse(head), ...rows];
}

/** Cuts JSON behind each escaped line break that is followed by something. */
function atLineBreaks(json: string): readonly string[] {
  const marked = json.replace(/\\(.)/g, (pair, character) =>
    character === "n" ? `${pair}\n` : pair,
  );
  return marked.replace(/\n(?="?,?$)/, "").split("\n");
}

/** The question itself. It names the tool again: its arguments may be longer than the screen. */
export function choicePrompt(toolName: string): string {
  return `${visible(toolName)}: [a]pprove, [d]eny, [e]dit, [A]lways for this tool? `;
}

/** What was answered; undefined if it is no answer. Nothing is approved by an empty line, and `A` is not `a`. */
export function readChoice(line: string): Choice | undefined {
  const text = line.trim();
  return CHOICES.get(text.length === 1 ? text : text.toLowerCase());
}

const CHOICES: ReadonlyMap<string, Choice> = new Map([
  ["a", "approve"],
  ["approve", "approve"],
  ["d", "deny"],
  ["deny", "deny"],
  ["e", "edit"],
  ["edit", "edit"],
  ["A", "always"],
  ["always", "always"],
]);
