import type { ToolDecision } from "../../index.ts";
import type { UIMessage } from "./ui-message.ts";
import { invalid, toolOf } from "./ui-message.ts";

/** What a client's user has decided on one tool call. */
export type ApprovalAnswer = { readonly approvalId: string; readonly decision: ToolDecision };

/**
 * The decisions that a conversation brings: those in its last message, if that is the assistant's. Undefined: it ends with the user's message.
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field; also when the assistant's message has no decision: there is nothing to answer.
 */
export function answersOf(messages: readonly UIMessage[]): readonly ApprovalAnswer[] | undefined {
  const last = messages.length - 1;
  const message = messages[last];
  if (message?.role !== "assistant") return undefined;
  const field = `messages.${last}`;
  const answers = message.parts.flatMap((part, i) => {
    const place = `${field}.parts.${i}`;
    const tool = toolOf(part, place);
    if (tool?.state !== "approval-responded") return [];
    const { approval } = tool;
    if (approval?.approved === undefined)
      throw invalid(`${place}.approval`, "must have an id, and say whether it is approved");
    const { id, approved, reason } = approval;
    const decision = approved
      ? ({ approve: true } as const)
      : { deny: reason || "no reason given" };
    return [{ approvalId: id, decision }];
  });
  if (answers.length > 0) return answers;
  throw invalid(field, "must be the user's, or have an answer to an approval request");
}
