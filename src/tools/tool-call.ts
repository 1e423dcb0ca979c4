import { describe, HeddleError, toWireError } from "../errors.ts";
import type { ErrorCode } from "../protocol/error.ts";
import type { ToolCall } from "../protocol/model.ts";
import type { ConfirmationAnswer, ToolEnd } from "../protocol/tool.ts";
import type { ReadArguments } from "./read-arguments.ts";
import { readArguments } from "./read-arguments.ts";
import type { ApprovalContext } from "./tool.ts";
import type { ReadyTool } from "./toolbox.ts";

const EDITED = "The arguments, as they were edited,";

/** What a call needs of whoever carries it out. */
export type CallDesk = {
  readonly about: ApprovalContext;
  /** Has somebody decide on exactly these arguments. */
  confirm(args: unknown): Promise<ConfirmationAnswer>;
  /** Carries it out. `value` is what the schema has made of `args`. A rejection is that of the whole call: it has no end of its own. */
  execute(value: unknown, args: unknown): Promise<ToolEnd>;
};

/** What may be carried out, or why nothing is. */
type Prepared =
  | { readonly ok: true; readonly value: unknown; readonly args: unknown }
  | { readonly ok: false; readonly end: ToolEnd };

/**
 * One call of a tool, from what the model wrote to what it is told: read, checked, approved, carried out, in this order.
 *
 * What is not valid is never shown to anybody and never carried out; what somebody has edited is checked again. Rejects only with
 * what `confirm` and `execute` reject with.
 */
export async function performToolCall(
  ready: ReadyTool,
  call: ToolCall,
  desk: CallDesk,
): Promise<ToolEnd> {
  const read = await prepare(ready, readArguments(call.argumentsText), "The arguments");
  if (!read.ok) return read.end;
  const needed = await needsApproval(ready, read.value, desk.about);
  if (typeof needed === "object") return needed;
  const allowed = needed ? await approved(ready, read, desk) : read;
  return allowed.ok ? await desk.execute(allowed.value, allowed.args) : allowed.end;
}

/** The end of a call of a tool that there is not. */
export function unknownTool({ name }: ToolCall, known: readonly string[]): ToolEnd {
  const others = known.length === 0 ? "There are none." : `There are: ${known.join(", ")}.`;
  return refused("UNKNOWN_TOOL", `There is no tool named "${name}". ${others}`);
}

/** The end of a call that was not carried out, or not to its end. `text` is for the model. */
export function refused(code: ErrorCode, text: string, cause?: unknown): ToolEnd {
  const error = new HeddleError(code, text, cause === undefined ? {} : { cause });
  return { result: text, error: toWireError(error) };
}

async function approved(
  ready: ReadyTool,
  read: Extract<Prepared, { ok: true }>,
  desk: CallDesk,
): Promise<Prepared> {
  const answer = await desk.confirm(read.args);
  switch (answer.type) {
    case "approved":
      return read;
    case "edited":
      return await prepare(ready, { ok: true, args: answer.args }, EDITED);
    case "denied":
      return notDone("TOOL_DENIED", `The call was denied and not carried out: ${answer.reason}`);
    case "expired": {
      const text = `The call was not carried out: nobody has decided on it within ${answer.afterMs} ms.`;
      return notDone("CONFIRMATION_EXPIRED", text);
    }
    default:
      return answer satisfies never;
  }
}

async function prepare(
  { tool, schema }: ReadyTool,
  read: ReadArguments,
  what: string,
): Promise<Prepared> {
  if (!read.ok) {
    return invalid(`${what} of "${tool.name}" are invalid, it was not called: ${read.why}`);
  }
  const { args } = read;
  try {
    const checked = await schema.check(args);
    if (checked.ok) return { ok: true, value: checked.value, args };
    const issues = checked.issues.map((issue) => `\n- ${issue}`).join("");
    return invalid(`${what} of "${tool.name}" are invalid, it was not called:${issues}`);
  } catch (error) {
    // No other arguments would do better: the model must not be told to look for some.
    const text = `${what} of "${tool.name}" could not be checked, it was not called: ${describe(error)}`;
    return notDone("TOOL_FAILED", text, error);
  }
}

function invalid(text: string): Prepared {
  return notDone("TOOL_ARGUMENTS_INVALID", text);
}

function notDone(code: ErrorCode, text: string, cause?: unknown): Prepared {
  return { ok: false, end: refused(code, text, cause) };
}

/** Resolves to the call's end when it cannot be told: then nothing is carried out. */
async function needsApproval(
  { tool }: ReadyTool,
  value: unknown,
  about: ApprovalContext,
): Promise<boolean | ToolEnd> {
  const { needsApproval: rule = false } = tool;
  if (typeof rule === "boolean") return rule;
  try {
    // Whoever wrote the rule may not have kept to the type.
    return (await rule(value, about)) !== false;
  } catch (error) {
    const text = `It could not be told whether "${tool.name}" needs approval, it was not called: ${describe(error)}`;
    return refused("TOOL_FAILED", text, error);
  }
}
