import { HeddleError } from "../../errors.ts";
import type { ConfirmationRequest, Elicitation, ToolDecision } from "../../protocol/tool.ts";
import { jsonSchemaIssues } from "../../tools/schema.ts";
import { clonePlain, given, refuse } from "../check.ts";
import type { Job } from "../jobs/job.ts";
import type { Timeouts } from "../options.ts";
import { policyVerdict, requestOf } from "./confirm-call.ts";
import type { Answered } from "./confirmation.ts";
import type { Confirmations } from "./confirmations.ts";
import type { OpenCall } from "./open-call.ts";

/** What a server is answered. */
export type ElicitAnswer =
  | { readonly action: "accept"; readonly content: { readonly [field: string]: unknown } }
  | { readonly action: "decline" | "cancel" };

export type ElicitOptions = {
  readonly job: Job;
  readonly open: OpenCall;
  /** What the call is carried out with. */
  readonly args: unknown;
  readonly confirmations: Confirmations;
  readonly timeouts: Timeouts;
  /** Aborts when the call is to end. */
  readonly signal: AbortSignal;
  /** The call begins to wait for an answer, or no longer does. */
  readonly onChange: () => void;
};

type IssuesOf = (value: unknown) => readonly string[];

/** A server's schema may be as long. */
const MAX_SCHEMA_BYTES = 65_536;
const MAX_MESSAGE = 8_192;

/**
 * Has somebody answer what a server asks in the middle of a call. It is asked as approvals are, of the same people and for as long;
 * `approvals: "deny"` is nobody. Both ends of it are in the job's log, without the answer.
 *
 * @throws {HeddleError} `INVALID_INPUT` for a question that nobody can be asked.
 */
export async function elicit(
  elicitation: Elicitation,
  options: ElicitOptions,
): Promise<ElicitAnswer> {
  const { job, open, confirmations, timeouts, signal, onChange } = options;
  const asked = checkedElicitation(elicitation);
  const issuesOf = await jsonSchemaIssues(asked.schema);
  if (signal.aborted) return { action: "cancel" };
  const request = { ...requestOf(open, options.args, job, timeouts), elicitation: asked };
  job.append({ type: "elicitation-requested", ...request });
  const note = (answered: Answered): void => noteDecided(job, request, answered);
  if (job.spec.settings.approvals === "deny") {
    note({ decision: "denied", ...given({ reason: policyVerdict("deny")?.reason }) });
    return { action: "decline" };
  }
  open.elicitations += 1;
  onChange();
  const confirmation = confirmations.ask<Answered>({
    request,
    host: job.spec.options.host,
    made: (decision) => answeredBy(decision, asked.schema, issuesOf),
    expiresInMs: timeouts.confirmationMs,
    onHostFailed: (error) => job.fail(error),
    onVerdict: (answered) => {
      open.elicitations -= 1;
      note(answered);
      onChange();
    },
  });
  const cancel = (): void => confirmation.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  // Whoever was told may have stopped the job.
  if (signal.aborted) cancel();
  try {
    return answerTo(await confirmation.verdict);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function checkedElicitation({ server, message, schema }: Elicitation): Elicitation {
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES) {
    refuse("requestedSchema", `of at most ${MAX_SCHEMA_BYTES} bytes`, "INVALID_INPUT");
  }
  return { server, message: message.slice(0, MAX_MESSAGE), schema };
}

/**
 * The content of an answer: what was given, and the defaults of what was not (SEP-1034).
 *
 * @throws {HeddleError} `INVALID_INPUT` for what does not answer what was asked: it goes on waiting.
 */
function answeredBy(
  decision: ToolDecision,
  schema: Elicitation["schema"],
  issuesOf: IssuesOf,
): Pick<Answered, "decision" | "content" | "reason"> {
  if (decision.remember !== undefined) {
    refuse("decision.remember", "left out: an answer is never remembered", "INVALID_INPUT");
  }
  if ("deny" in decision) return { decision: "denied", reason: decision.deny };
  if ("cancel" in decision) return { decision: "dismissed" };
  if ("edit" in decision) {
    return refuse("decision", "accept, deny or cancel: an elicitation waits", "INVALID_INPUT");
  }
  const answer = "accept" in decision ? decision.accept : {};
  return { decision: "accepted", content: checkedAnswer(answer, schema, issuesOf) };
}

function checkedAnswer(
  answer: unknown,
  { properties }: Elicitation["schema"],
  issuesOf: IssuesOf,
): { readonly [field: string]: unknown } {
  const field = "decision.accept";
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    refuse(field, "an object of the fields that were asked for", "INVALID_INPUT");
  }
  const fields = Object.entries(Object(properties) as { readonly [name: string]: unknown });
  const unknown = Object.keys(answer).find((name) => !fields.some(([known]) => known === name));
  if (unknown !== undefined) {
    const asked = fields.map(([name]) => name).join(", ");
    refuse(`${field}.${unknown}`, `left out: asked for are ${asked}`, "INVALID_INPUT");
  }
  const defaults = fields.flatMap(([name, property]) => {
    const value = (Object(property) as { readonly default?: unknown }).default;
    return value === undefined ? [] : [[name, value] as const];
  });
  const plain = clonePlain(field, answer, "INVALID_INPUT") as object;
  const content = { ...Object.fromEntries(defaults), ...given(plain) };
  const issues = issuesOf(content);
  if (issues.length === 0) return content;
  const message = `${field} does not answer what was asked: ${issues.join("; ")}`;
  throw new HeddleError("INVALID_INPUT", message, { details: { field } });
}

function answerTo({ decision, content = {} }: Answered): ElicitAnswer {
  switch (decision) {
    case "accepted":
      return { action: "accept", content };
    case "denied":
      return { action: "decline" };
    case "dismissed":
    case "expired":
    case "cancelled":
      return { action: "cancel" };
    default:
      return decision satisfies never;
  }
}

/** Without what was answered: that is between the person and the server. */
function noteDecided(
  job: Job,
  { confirmationId, toolCallId, toolName }: ConfirmationRequest,
  { content, ...decided }: Answered,
): void {
  job.append({ type: "elicitation-decided", confirmationId, toolCallId, toolName, ...decided });
}
