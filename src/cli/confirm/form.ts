import type { ConfirmationRequest, Elicitation } from "../../index.ts";
import type { Colors } from "../terminal.ts";
import { wrapToWidth } from "../terminal.ts";
import type { Answer } from "./confirmer.ts";
import type { Dialog } from "./dialog.ts";
import { denied } from "./dialog.ts";
import type { FormField } from "./form-fields.ts";
import { formFields, readField } from "./form-fields.ts";
import { visible, visibleLine } from "./visible.ts";

const BAR = "│ ";

export type FormOptions = {
  readonly request: ConfirmationRequest & { readonly elicitation: Elicitation };
  /** Who is carrying out the call. */
  readonly who: string;
  readonly width: number;
  readonly colors: Colors;
  /** Why the last answer could not be taken. */
  readonly complaint: string | undefined;
};

/** Has a person answer what an MCP server asks, field by field. It is said who asks: all else is the server's word. */
export async function askForm(dialog: Dialog, options: FormOptions): Promise<Answer> {
  const { complaint, request } = options;
  if (complaint === undefined) await dialog.show(headLines(options));
  else await dialog.complain(complaint);
  for (;;) {
    const line = await dialog.line("[a]nswer, [d]ecline, [c]ancel? ", { isFresh: true });
    if (typeof line !== "string") return line;
    switch (line.trim().toLowerCase()) {
      case "a":
      case "answer":
        return await fill(dialog, formFields(request.elicitation));
      case "d":
      case "decline":
        return denied("a person has declined to answer");
      case "c":
      case "cancel":
        return { type: "decided", decision: { cancel: true }, always: false };
      default:
        await dialog.complain("answer a, d or c");
    }
  }
}

function headLines({ request, who, width, colors }: FormOptions): readonly string[] {
  const { server, message } = request.elicitation;
  const head = `MCP server ${visible(server)} asks, while ${visible(who)} calls ${visible(request.toolName)}:`;
  const room = Math.max(1, width - BAR.length);
  const lines = message.split("\n").flatMap((line) => wrapToWidth(visible(line), room));
  return [colors.inverse(head), ...lines.map((line) => `${colors.dim(BAR)}${line}`)];
}

async function fill(dialog: Dialog, fields: readonly FormField[]): Promise<Answer> {
  const accept: Record<string, unknown> = {};
  for (const field of fields) {
    const filled = await fillField(dialog, field);
    if (filled.type !== "value" && filled.type !== "nothing") return filled;
    if (filled.type === "value") accept[field.name] = filled.value;
  }
  return { type: "decided", decision: { accept }, always: false };
}

async function fillField(
  dialog: Dialog,
  field: FormField,
): Promise<{ readonly type: "value"; readonly value: unknown } | { type: "nothing" } | Answer> {
  for (;;) {
    const line = await dialog.line(promptOf(field));
    if (typeof line !== "string") return line;
    const read = readField(field, line);
    if (read.type !== "unclear") return read;
    await dialog.complain(read.why);
  }
}

function promptOf({ title, description, kind, choices, preset, isRequired }: FormField): string {
  const list = choices.map((choice, i) => `\n  ${i + 1} ${visible(choice.title)}`).join("");
  const hints = [
    ...(description === undefined ? [] : [visible(description)]),
    ...(kind === "yes-no" ? ["y or n"] : []),
    ...(kind === "some-of" ? ["numbers, with commas"] : []),
    preset === undefined
      ? isRequired
        ? "needed"
        : "Enter: none"
      : `Enter: ${visibleLine(preset)}`,
  ];
  return `${visible(title)} (${hints.join("; ")})${list === "" ? "" : `${list}\n`}: `;
}
