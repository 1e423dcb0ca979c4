import { HeddleError } from "../../errors.ts";
import type { Usage } from "../../protocol/model.ts";
import type { CallEnd, CallMeter } from "../gateways/model-call.ts";
import type { Entry, Overrun } from "./budget.ts";
import { Ledger } from "./budget.ts";
import type { Job } from "./job.ts";

/** Where a job's use counts beside its own account. */
export type Accounts = { readonly worker: Ledger; readonly session: Ledger };

/**
 * What a job takes, and its end when that is more than a budget allows: its own, one of a job above it, or the session's.
 *
 * A job whose last response calls no tool ends by no budget: it has cost what it has cost, and its next request would be refused.
 */
export class JobAccount implements CallMeter {
  readonly #job: Job;
  /** The job's model calls. */
  readonly #own: Ledger;
  /** With those of its children: what its budget is held against. */
  readonly #family: Ledger;
  #entry: Entry | undefined;

  constructor(job: Job, accounts: Accounts | undefined, parent: JobAccount | undefined) {
    const { budget } = job.spec.settings;
    const above = parent ? [parent.#family] : listed(accounts?.session);
    const onOver = (overrun: Overrun) => this.end(overrun);
    this.#job = job;
    this.#family = new Ledger({ budget, above, onOver });
    this.#own = new Ledger({ above: [this.#family, ...listed(accounts?.worker)] });
  }

  /** Of the job without its children. */
  get usage(): Usage {
    return this.#own.usage;
  }

  refusal(inputTokens: number): HeddleError | undefined {
    // Counted already: its gateway was lost, and it is sent to another one.
    if (this.#entry) return undefined;
    const overrun = this.#own.lacking(inputTokens);
    return overrun && budgetError(overrun, this.#scopeOf(overrun));
  }

  sent(inputTokens: number): void {
    this.#entry ??= this.#own.open(inputTokens, () => this.#job.stream.receivedBytes);
  }

  get follows(): boolean {
    return this.#own.isBounded;
  }

  received(): void {
    this.#entry?.settle();
    if (this.#own.isPast) this.#enforce();
  }

  ended(end: CallEnd): void {
    const entry = this.#entry;
    this.#entry = undefined;
    switch (end.type) {
      case "responded":
        entry?.said(end.usage);
        break;
      case "failed":
        if (entry?.isEmpty) entry.remove();
        else entry?.end();
        break;
      case "cut-off":
        entry?.end();
        break;
      default:
        end satisfies never;
    }
  }

  /** A response is in the log, and asks for `toolCalls`. None of them may be carried out if the job was ended for it. */
  responded(toolCalls: number): void {
    this.#own.ask(toolCalls);
    this.#enforce();
  }

  /** Ends the job because a budget is used up that it runs on. */
  end(overrun: Overrun): void {
    if (this.#entry === undefined && this.#job.tally.isComplete) return;
    this.#job.fail(budgetError(overrun, this.#scopeOf(overrun)));
  }

  /** The job has settled: it keeps its sum, and nothing else. */
  close(): void {
    this.#entry?.end();
    this.#own.close();
    this.#family.close();
  }

  /** The nearest budget is what the job itself ends of; then all that runs on those that are used up. */
  #enforce(): void {
    if (this.#job.stopReason) return;
    const overruns = this.#own.overruns();
    if (overruns[0]) this.end(overruns[0]);
    for (const overrun of overruns) overrun.ledger.end(overrun);
  }

  #scopeOf({ ledger }: Overrun): "job" | "parent" | "session" {
    if (ledger === this.#family) return "job";
    return ledger.scope === "session" ? "session" : "parent";
  }
}

/** `scope` is whose budget it is, as the job sees it that ends of it. */
export function budgetError(
  { code, limit, used, needed }: Overrun,
  scope: "job" | "parent" | "session",
): HeddleError {
  const field = code === "BUDGET_TOKENS" ? "maxTotalTokens" : "maxToolCalls";
  const whose = { job: "the job's", parent: "its parent's", session: "the session's" }[scope];
  const taken =
    needed === undefined
      ? `${used} are used`
      : `${used} are used, and the next request takes about ${needed}`;
  const message = `${whose} budget.${field} is ${limit}: ${taken}`;
  return new HeddleError(code, message, { details: { limit, used, scope } });
}

function listed(ledger: Ledger | undefined): readonly Ledger[] {
  return ledger ? [ledger] : [];
}
