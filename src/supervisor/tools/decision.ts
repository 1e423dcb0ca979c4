import { HeddleError } from "../../errors.ts";
import type { ToolDecision } from "../../protocol/tool.ts";
import { checkFields, checkOneOf, checkText, refuse } from "../check.ts";

export type DecideOptions = {
  /** Decide calls of this tool by workers of this name in the session alike: those that wait already, and later ones. An edit is never remembered. */
  readonly remember?: "session";
};

/** Checks what a person, or who decides in a person's name, has given. @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function checkDecision(given: unknown): asserts given is ToolDecision {
  checkFields("decision", given ?? null, ["approve", "deny", "edit", "remember"], "INVALID_INPUT");
  const decision = given as Partial<Record<"approve" | "deny" | "edit" | "remember", unknown>>;
  const kinds = (["approve", "deny", "edit"] as const).filter((kind) =>
    Object.hasOwn(decision, kind),
  );
  if (kinds.length !== 1) refuse("decision", "one of approve, deny and edit", "INVALID_INPUT");
  // "false" is no approval, whatever else it may mean.
  if (kinds[0] === "approve" && decision.approve !== true) {
    refuse("decision.approve", "true", "INVALID_INPUT");
  }
  if (kinds[0] === "deny") checkText("decision.deny", decision.deny ?? "", "INVALID_INPUT");
  checkOneOf("decision.remember", decision.remember, ["session"], "INVALID_INPUT");
}

/** @throws {HeddleError} `INVALID_OPTION`. */
export function checkDecideOptions(options: DecideOptions): void {
  checkFields("options", options, ["remember"]);
  checkOneOf("remember", options.remember, ["session"]);
}

/** @throws {HeddleError} `INVALID_INPUT` when edited arguments are not what the tool takes. */
export function checkEdit(
  decision: ToolDecision,
  issuesOf: (args: unknown) => readonly string[],
): void {
  if (!("edit" in decision)) return;
  const issues = issuesOf(decision.edit);
  if (issues.length === 0) return;
  const message = `decision.edit is not what the tool takes: ${issues.join("; ")}`;
  throw new HeddleError("INVALID_INPUT", message, { details: { field: "decision.edit" } });
}
