import { describe, HeddleError } from "../../errors.ts";
import { answerText } from "../../messages.ts";
import type { ErrorDetails } from "../../protocol/error.ts";
import type { ModelResponse } from "../../protocol/model.ts";
import type { Checked } from "../../tools/schema.ts";
import type { Steering } from "../workers/steering.ts";
import { afterThoughts, unfenced } from "./answer-text.ts";
import type { Job } from "./job.ts";
import { hasRoom, isAnswered } from "./job-progress.ts";
import type { Output } from "./output-schema.ts";

/** Issues quote what the model wrote. */
const MAX_ISSUE_LENGTH = 500;

/**
 * Holds the response that would end a job against the schema of its output.
 *
 * 1. A job that was given a schema completes with a valid output, or not at all: `OUTPUT_INVALID`.
 * 2. The model is told once what is wrong, and asked again. That is one of the job's steps.
 * 3. A response that does not end the job, because it calls tools or because the user has said something more, is not looked at.
 * 4. A check that does not come to an end holds up the job, but neither its deadlines nor a cancel.
 */
export class OutputCheck {
  readonly #job: Job;
  readonly #steering: Steering;
  #hasAskedAgain: boolean = false;

  constructor(job: Job, steering: Steering) {
    this.#job = job;
    this.#steering = steering;
  }

  /**
   * Resolves when the actor may have `response`: it is no output, or a valid one, or what was wrong with it is on its way to the actor.
   *
   * @throws {HeddleError} `OUTPUT_INVALID`; `JOB_CANCELLED` when the job is told to stop meanwhile.
   */
  async check(response: ModelResponse): Promise<void> {
    const { output } = this.#job.spec;
    if (!output || !isAnswered(this.#job, this.#steering)) return;
    const unfit = whyUnfit(response);
    if (unfit !== undefined) throw invalid(unfit, { finishReason: response.finishReason });
    const checked = await this.#untilStopped(checkText(output, answerText(response)));
    if (checked.ok) this.#job.tally.accept(checked.value);
    else this.#askAgain(output, checked.issues);
  }

  /** Why the job cannot complete: it was to have an output, and has none. An actor says when it is done, and may say so too early. */
  missing(): HeddleError | undefined {
    const { spec, tally, stopReason } = this.#job;
    if (!spec.output || tally.hasOutput || stopReason) return undefined;
    return invalid("the job has ended without a response that could be its output");
  }

  #askAgain(output: Output, issues: readonly string[]): void {
    const details = { issues: issues.join("\n") };
    if (this.#hasAskedAgain) throw invalid(`it is still not valid: ${issues.join("; ")}`, details);
    if (!hasRoom(this.#job)) {
      const { maxSteps } = this.#job.spec.settings;
      const message = `it is not valid, and maxSteps (${maxSteps}) leaves no step to ask again: ${issues.join("; ")}`;
      throw invalid(message, { ...details, maxSteps });
    }
    this.#hasAskedAgain = true;
    this.#steering.ask(repairText(output, issues));
  }

  /** Nobody waits for a check of which nobody wants to know any more. */
  #untilStopped(checked: Promise<Checked>): Promise<Checked> {
    const { promise, resolve, reject } = Promise.withResolvers<Checked>();
    this.#job.onStopped(() => reject(new HeddleError("JOB_CANCELLED", "the job is over")));
    checked.then(resolve, reject);
    return promise;
  }
}

/** Why a response cannot be an output, however often one asks; undefined if it can. */
export function whyUnfit({ finishReason, refusal = "" }: ModelResponse): string | undefined {
  if (refusal !== "") return `the model has refused to answer: ${shortened(refusal)}`;
  if (finishReason === "refusal") return "the model has refused to answer";
  if (finishReason === "length") return "the response was cut off at its greatest length";
  if (finishReason === "content-filter") return "the response was cut off by a content filter";
  return undefined;
}

/**
 * The output in a response's text: JSON, as the schema makes it. It may be inside one fence (```json), and after what the model has
 * thought (`<think>…</think>`), which local servers leave in the text.
 *
 * @throws {HeddleError} `OUTPUT_INVALID` when the check itself fails.
 */
export async function checkText({ check }: Pick<Output, "check">, text: string): Promise<Checked> {
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  try {
    const checked = await check(parsed.value);
    return checked.ok ? checked : { ok: false, issues: checked.issues.map(shortened) };
  } catch (error) {
    throw invalid(`its check has failed: ${describe(error)}`, {}, { cause: error });
  }
}

/** What the model is told, as a user's message. */
export function repairText({ spec }: Pick<Output, "spec">, issues: readonly string[]): string {
  return [
    "Your answer is not valid:",
    ...issues.map((issue) => `- ${issue}`),
    `Answer again, with JSON only and nothing around it. Its JSON Schema: ${JSON.stringify(spec.schema)}`,
  ].join("\n");
}

function parse(text: string): Checked {
  const trimmed = text.trim();
  try {
    return { ok: true, value: JSON.parse(unfenced(trimmed)) };
  } catch (error) {
    const answer = afterThoughts(trimmed);
    if (answer !== undefined) return parse(answer);
    return { ok: false, issues: [shortened(`it is not JSON: ${(error as Error).message}`)] };
  }
}

function shortened(issue: string): string {
  return issue.length <= MAX_ISSUE_LENGTH ? issue : `${issue.slice(0, MAX_ISSUE_LENGTH)}…`;
}

function invalid(
  what: string,
  details: ErrorDetails = {},
  options: { readonly cause?: unknown } = {},
): HeddleError {
  return new HeddleError("OUTPUT_INVALID", `the output cannot be used: ${what}`, {
    details,
    ...options,
  });
}
