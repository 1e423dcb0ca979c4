import type { Observable } from "rxjs";
import { Subject } from "rxjs";
import { HeddleError } from "../../errors.ts";
import type { ConfirmationRequest, ToolDecision } from "../../protocol/tool.ts";
import { ContainedObservable } from "../contained-observable.ts";
import type { Runtime } from "../runtime.ts";
import type { ConfirmationAsk, Verdict } from "./confirmation.ts";
import { Confirmation } from "./confirmation.ts";
import type { DecideOptions } from "./decision.ts";
import { checkDecideOptions, checkDecision } from "./decision.ts";

/** Why a call is denied that nobody can decide on. */
export const NOBODY =
  "nobody is there to approve it: the job has no host with getToolConfirmation, and nobody follows the session's confirmations";
/** How long who is told of a confirmation may take to show that they can answer it, in ms: time to hear of it, not to decide. */
const NOTICE_MS = 50;

/**
 * The tool calls of a session that wait for a decision, and the decisions that were to be remembered.
 *
 * Who can answer: the job's host, if it has `getToolConfirmation`; whoever is subscribed to `asked$`; and whoever has looked at
 * `pending`, since that is how one comes to an id. If there is nobody of them a moment after the question, the call is denied.
 */
export class Confirmations {
  /** Each one as it begins to wait. */
  readonly asked$: Observable<ConfirmationRequest>;
  readonly #asked = new Subject<ConfirmationRequest>();
  readonly #runtime: Pick<Runtime, "clock" | "report">;
  readonly #open = new Map<string, Pick<Confirmation, "isOpen" | "decide" | "decideAlike">>();
  readonly #requests = new Map<string, ConfirmationRequest>();
  readonly #remembered = new Map<string, Verdict>();
  #isLookedAt: boolean = false;

  constructor(runtime: Pick<Runtime, "clock" | "report">) {
    this.#runtime = runtime;
    this.asked$ = new ContainedObservable(this.#asked, (error) =>
      runtime.report({ type: "subscriber-failed", error }),
    );
  }

  /** By id. */
  get pending(): ReadonlyMap<string, ConfirmationRequest> {
    this.#isLookedAt = true;
    return this.#requests;
  }

  /** How many there are, without looking at them. */
  get size(): number {
    return this.#open.size;
  }

  ask<Made extends object = Verdict>(ask: ConfirmationAsk<Made>): Confirmation<Made> {
    const { request, host } = ask;
    const id = request.confirmationId;
    const confirmation = new Confirmation<Made>(ask, this.#runtime, {
      onDecision: (decision) => {
        if (ask.alike) this.#remember(request, decision);
      },
      onSettled: () => this.#close(id),
    });
    this.#open.set(id, confirmation);
    this.#requests.set(id, request);
    if (host?.getToolConfirmation) void confirmation.askHost();
    else this.#expectNotice(confirmation);
    this.#asked.next(request);
    return confirmation;
  }

  /**
   * Decides on a call that waits.
   *
   * @throws {HeddleError} `UNKNOWN_CONFIRMATION` when it does not wait: it was decided, has expired, or its job has ended.
   * `INVALID_INPUT` that names the field, and then it goes on waiting.
   */
  decide(id: string, decision: ToolDecision, options: DecideOptions = {}): void {
    checkDecideOptions(options);
    checkDecision(decision);
    const confirmation = this.#open.get(id);
    if (!confirmation?.isOpen) {
      const message = `no tool call waits for a decision under the id "${id}": it was decided, has expired or was cancelled`;
      throw new HeddleError("UNKNOWN_CONFIRMATION", message, { details: { field: "id" } });
    }
    this.#isLookedAt = true;
    confirmation.decide({ ...decision, ...options }, "session");
  }

  remembered(workerName: string, toolName: string): Verdict | undefined {
    return this.#remembered.get(policyKey(workerName, toolName));
  }

  close(): void {
    this.#asked.complete();
  }

  /** Keeps a decision for calls to come, if it says so, and for those that wait already. */
  #remember({ workerName, toolName }: ConfirmationRequest, decision: ToolDecision): void {
    if (decision.remember === undefined || "edit" in decision) return;
    const key = policyKey(workerName, toolName);
    const verdict: Verdict =
      "deny" in decision
        ? { decision: "denied", by: "remembered", reason: decision.deny }
        : { decision: "approved", by: "remembered" };
    this.#remembered.set(key, verdict);
    for (const [id, open] of [...this.#open]) {
      const request = this.#requests.get(id);
      if (request && policyKey(request.workerName, request.toolName) === key) {
        open.decideAlike(verdict);
      }
    }
  }

  #expectNotice<Made extends object>(confirmation: Confirmation<Made>): void {
    const timer = this.#runtime.clock.setTimer(NOTICE_MS, () => {
      if (!this.#isLookedAt && !this.#asked.observed) confirmation.refuse(NOBODY);
    });
    void confirmation.verdict.then(() => timer.cancel());
  }

  #close(id: string): void {
    this.#open.delete(id);
    this.#requests.delete(id);
  }
}

function policyKey(workerName: string, toolName: string): string {
  return JSON.stringify([workerName, toolName]);
}
