import type { HeddleError } from "../../errors.ts";
import type { ToolCall } from "../../protocol/model.ts";
import type { ToolEnd } from "../../protocol/tool.ts";
import type { Timer } from "../../transport/clock.ts";
import type { ThreadNeed } from "../threads/worker-thread.ts";
import type { Confirmation, Verdict } from "./confirmation.ts";

/** Where a call stands that has not ended. */
export type CallPhase =
  /** Its actor has it, or has not come to it yet. */
  | "open"
  /** Somebody is asked. */
  | "confirming"
  /** It is carried out in the actor's thread. */
  | "begun"
  /** It is carried out elsewhere. */
  | "away";

/** What was asked about a call, for exactly these arguments. It is used once. */
type Question = {
  readonly argsText: string;
  readonly verdict: Promise<Verdict>;
  decided: Verdict | undefined;
};

/** A tool call of the last response that has not ended, as its job keeps it over all threads of its worker. */
export class OpenCall {
  readonly call: ToolCall;
  readonly index: number;
  /** Aborts its `services`. */
  readonly abort: AbortController = new AbortController();
  phase: CallPhase = "open";
  isIdempotent: boolean = false;
  /** Its deadline, once that has passed and it has not stopped within its grace. */
  overdueMs: number | undefined;
  /** Its end, while it is carried out elsewhere, approval included. */
  away: Promise<ToolEnd> | undefined;
  deadline: Timer | undefined;
  /** What is done for it beside the actor: commands, children. */
  readonly services: Set<Promise<unknown>> = new Set();
  /** How many children it waits for. */
  openChildren = 0;
  /** How many questions of its server wait for an answer. */
  elicitations = 0;
  /** While somebody is asked, or was. */
  confirmation: Confirmation | undefined;
  #question: Question | undefined;

  constructor(call: ToolCall, index: number) {
    this.call = call;
    this.index = index;
  }

  /** Whether it waits for somebody else than its actor. */
  get isWaiting(): boolean {
    return this.phase === "begun" ? this.openChildren > 0 : this.phase !== "open";
  }

  /** Whether it was begun, so that it may have had an effect. */
  get isUnderWay(): boolean {
    return this.phase === "begun" || this.phase === "away";
  }

  /** What was asked about these arguments and not used yet. */
  asked(args: unknown): Promise<Verdict> | undefined {
    return this.#question?.argsText === JSON.stringify(args) ? this.#question.verdict : undefined;
  }

  /** Notes what is asked from now on: an actor that takes another's place asks again, and waits for the same. */
  ask(args: unknown, verdict: Promise<Verdict>): Promise<Verdict> {
    const question: Question = { argsText: JSON.stringify(args), verdict, decided: undefined };
    this.#question = question;
    verdict.then(
      (decided) => {
        question.decided = decided;
      },
      // The job is over.
      () => {},
    );
    return verdict;
  }

  /** Whether it may be carried out with `args`: nothing was asked, or exactly this was allowed. It is allowed once. */
  use(args: unknown): boolean {
    const question = this.#question;
    this.#question = undefined;
    if (!question) return true;
    const { decision, args: edited } = question.decided ?? {};
    const argsText = JSON.stringify(args);
    if (decision === "approved") return argsText === question.argsText;
    return decision === "edited" && argsText === JSON.stringify(edited);
  }

  /** Ends what is done for it beside the actor. Resolves when nothing of that runs any more. */
  async end(reason: HeddleError): Promise<void> {
    this.deadline?.cancel();
    this.abort.abort(reason);
    await Promise.allSettled(this.services);
  }
}

/**
 * What the calls of a response that have not ended leave the thread to do. `maxParallel`: how many the actor has at once. `isStateful`:
 * what its tools keep in the thread must not be lost.
 */
export function threadNeedOf(
  calls: readonly OpenCall[],
  maxParallel: number,
  isStateful: boolean,
): ThreadNeed {
  const waiting = calls.filter(({ isWaiting }) => isWaiting);
  const begun = calls.filter(({ phase }) => phase === "begun");
  if (calls.length === 0 || waiting.length < Math.min(maxParallel, calls.length)) return "runs";
  if (begun.some(({ isWaiting }) => !isWaiting)) return "runs";
  return isStateful || begun.length > 0 ? "waits" : "nothing";
}
