import type { HeddleError } from "../../errors.ts";
import type { ToolCall } from "../../protocol/model.ts";
import type { ToolEnd } from "../../protocol/tool.ts";
import type { Timer } from "../../transport/clock.ts";
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
  /** Aborts what is done for it beside the actor: commands, children. */
  readonly abort: AbortController = new AbortController();
  phase: CallPhase = "open";
  isIdempotent: boolean = false;
  /** Its deadline, once that has passed and it has not stopped within its grace. */
  overdueMs: number | undefined;
  /** Its end, while it is carried out elsewhere, approval included. */
  away: Promise<ToolEnd> | undefined;
  deadline: Timer | undefined;
  /** The latest that somebody was asked for. */
  confirmation: Confirmation | undefined;
  readonly services: Set<Promise<unknown>> = new Set();
  #question: Question | undefined;

  constructor(call: ToolCall, index: number) {
    this.call = call;
    this.index = index;
  }

  /** Whether it waits for somebody else than its actor. */
  get isWaiting(): boolean {
    return this.phase === "confirming" || this.phase === "away";
  }

  /** Whether it was begun, so that it may have had an effect. */
  get isUnderWay(): boolean {
    return this.phase === "begun" || this.phase === "away";
  }

  /** What was asked about these arguments and not used yet. */
  asked(args: unknown): Promise<Verdict> | undefined {
    return this.#question?.argsText === JSON.stringify(args) ? this.#question.verdict : undefined;
  }

  /** Notes that this is asked, before anything else can be. Returns `verdict`. */
  ask(args: unknown, verdict: Promise<Verdict>): Promise<Verdict> {
    const question: Question = { argsText: JSON.stringify(args), verdict, decided: undefined };
    this.#question = question;
    const onDecided = (decided: Verdict) => {
      question.decided = decided;
    };
    verdict.then(onDecided, () => {});
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
