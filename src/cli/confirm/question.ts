import type { ConfirmationRequest } from "../../index.ts";
import type { Redact } from "../redact.ts";
import type { Colors } from "../terminal.ts";
import { cutToWidth, wrapToWidth } from "../terminal.ts";
import { visible, visibleJson } from "./visible.ts";

const BAR = "│ ";

/** What a person does with a tool call. */
export type Choice = "approve" | "deny" | "edit" | "always";

/**
 * What a person is shown before they decide: who wants to call which tool, and all arguments.
 *
 * Each line of the arguments begins with a bar, also where a long one is wrapped, so that no text of a model's can stand where the
 * command's own does.
 */
export function questionLines(
  { toolName, args }: ConfirmationRequest,
  options: {
    /** Who wants to call it. */
    readonly who: string;
    readonly width: number;
    readonly colors: Colors;
    readonly redact: Redact;
  },
): readonly string[] {
  const { who, width, colors, redact } = options;
  const head = cutToWidth(`${visible(who)} wants to call ${visible(toolName)} with:`, width);
  const room = Math.max(1, width - BAR.length);
  const lines = visibleJson(args).flatMap((line) => wrapToWidth(redact(line), room));
  return [colors.inverse(head), ...lines.map((line) => `${colors.dim(BAR)}${line}`)];
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
