import { HeddleError } from "../../errors.ts";
import type { ToolDecision } from "../../protocol/tool.ts";
import { checkFields, checkOneOf, checkText, refuse } from "../check.ts";
import type { Verdict } from "./confirmation.ts";

const KINDS = ["approve", "deny", "edit", "accept", "cancel"] as const;

export type DecideOptions = {
  /** Decide calls of this tool by workers of this name in the session alike: those that wait already, and later ones. An edit is never remembered. */
  readonly remember?: "session";
};

/** Checks what a person, or who decides in a person's name, has given. @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function checkDecision(given: unknown): asserts given is ToolDecision {
  checkFields("decision", given ?? null, [...KINDS, "remember"], "INVALID_INPUT");
  const decision = given as Partial<Record<(typeof KINDS)[number] | "remember", unknown>>;
  const kinds = KINDS.filter((kind) => Object.hasOwn(decision, kind));
  if (kinds.length !== 1) refuse("decision", `one of ${KINDS.join(", ")}`, "INVALID_INPUT");
  // "false" is no approval, whatever else it may mean.
  if (kinds[0] === "approve" && decision.approve !== true) {
    refuse("decision.approve", "true", "INVALID_INPUT");
  }
  if (kinds[0] === "cancel" && decision.cancel !== true) {
    refuse("decision.cancel", "true", "INVALID_INPUT");
  }
  if (kinds[0] === "deny") checkText("decision.deny", decision.deny ?? "", "INVALID_INPUT");
  checkOneOf("decision.remember", decision.remember, ["session"], "INVALID_INPUT");
}

/** @throws {HeddleError} `INVALID_OPTION`. */
export function checkDecideOptions(options: DecideOptions): void {
  checkFields("options", options, ["remember"]);
  checkOneOf("remember", options.remember, ["session"]);
}

/**
 * What a decision comes to on whether a call may be carried out. `issuesOf`: what is wrong with edited arguments.
 *
 * @throws {HeddleError} `INVALID_INPUT` when they are not what the tool takes, and for what only answers an elicitation.
 */
export function verdictOf(
  decision: ToolDecision,
  issuesOf: (args: unknown) => readonly string[],
): Pick<Verdict, "decision" | "args" | "reason"> {
  if ("deny" in decision) return { decision: "denied", reason: decision.deny };
  if ("approve" in decision) return { decision: "approved" };
  if (!("edit" in decision)) {
    return refuse(
      "decision",
      "approve, deny or edit: a call waits, no elicitation",
      "INVALID_INPUT",
    );
  }
  const issues = issuesOf(decision.edit);
  if (issues.length === 0) return { decision: "edited", args: decision.edit };
  const message = `decision.edit is not what the tool takes: ${issues.join("; ")}`;
  throw new HeddleError("INVALID_INPUT", message, { details: { field: "decision.edit" } });
}
