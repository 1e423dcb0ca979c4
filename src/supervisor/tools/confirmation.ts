import { HeddleError } from "../../errors.ts";
import type { Decided, ElicitationEnd } from "../../protocol/job.ts";
import type { ConfirmationRequest, ToolDecision } from "../../protocol/tool.ts";
import type { Timer } from "../../transport/clock.ts";
import type { WorkerHost } from "../host.ts";
import type { Runtime } from "../runtime.ts";
import { checkDecision } from "./decision.ts";

/** What is asked about one call. `Made`: what a decision on it comes to. */
export type ConfirmationAsk<Made> = {
  readonly request: ConfirmationRequest;
  /** The job's: it is asked, too. */
  readonly host: WorkerHost | undefined;
  /** @throws {HeddleError} `INVALID_INPUT` for a decision that cannot be taken: it goes on waiting. */
  readonly made: (decision: ToolDecision) => Made;
  /** What it is when others like it are decided for the session. Left out: it is decided by itself. */
  readonly alike?: (verdict: Verdict) => Made;
  readonly expiresInMs: number | undefined;
  /** It has thrown, or has answered what is no decision: its job fails of it. */
  readonly onHostFailed: (error: HeddleError) => void;
  /** In the turn in which it is settled. */
  readonly onVerdict: (verdict: Made | Unmade) => void;
};

/** What a confirmation does to those that are kept with it. */
export type ConfirmationHooks = {
  readonly onDecision: (decision: ToolDecision) => void;
  /** In the turn in which it is settled. */
  readonly onSettled: () => void;
};

/** What everything that is asked may come to. */
export type Unmade = Decider & {
  readonly decision: "denied" | "expired" | "cancelled";
  readonly reason?: string;
};

type Decider = { readonly by?: "host" | "session" };

/** What an elicitation has come to. */
export type Answered = Decider & {
  readonly decision: ElicitationEnd["decision"];
  readonly content?: { readonly [field: string]: unknown };
  readonly reason?: string;
};

/** What was decided, and by whom; left out: by nobody. */
export type Verdict = {
  readonly decision: Decided;
  readonly by?: "host" | "session" | "remembered";
  readonly args?: unknown;
  readonly reason?: string;
};

/** One call that waits for a decision. The first one counts. */
export class Confirmation<Made extends object = Verdict> {
  readonly ask: ConfirmationAsk<Made>;
  /** Settles once, and never rejects. */
  readonly verdict: Promise<Made | Unmade>;
  readonly #hooks: ConfirmationHooks;
  readonly #verdict: PromiseWithResolvers<Made | Unmade> = Promise.withResolvers();
  readonly #abort = new AbortController();
  readonly #expiry: Timer | undefined;
  #isOpen: boolean = true;

  constructor(
    ask: ConfirmationAsk<Made>,
    { clock }: Pick<Runtime, "clock">,
    hooks: ConfirmationHooks,
  ) {
    this.ask = ask;
    this.#hooks = hooks;
    this.verdict = this.#verdict.promise;
    const { expiresInMs } = ask;
    if (expiresInMs === undefined) return;
    this.#expiry = clock.setTimer(expiresInMs, () => this.#settle({ decision: "expired" }));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Asks the job's host. Its signal aborts when somebody else has decided, or nobody is to decide any more. */
  async askHost(): Promise<void> {
    const { host, request, onHostFailed } = this.ask;
    try {
      const answer = await host?.getToolConfirmation?.(
        request.workerId,
        request,
        this.#abort.signal,
      );
      if (!this.#isOpen) return;
      checkDecision(answer);
      this.decide(answer, "host");
    } catch (error) {
      if (!this.#isOpen) return;
      const message = "the host's getToolConfirmation has failed";
      onHostFailed(new HeddleError("HOST_FAILED", message, { cause: error }));
    }
  }

  /** @throws {HeddleError} `INVALID_INPUT` for what cannot be taken: it goes on waiting. */
  decide(decision: ToolDecision, by: "host" | "session"): void {
    this.#settle({ ...this.ask.made(decision), by });
    this.#hooks.onDecision(decision);
  }

  /** Others like it were decided for the session. */
  decideAlike(verdict: Verdict): void {
    if (this.ask.alike) this.#settle(this.ask.alike(verdict));
  }

  /** Nobody can answer it. */
  refuse(reason: string): void {
    this.#settle({ decision: "denied", reason });
  }

  /** Its job is to stop. */
  cancel(): void {
    this.#settle({ decision: "cancelled" });
  }

  #settle(verdict: Made | Unmade): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#expiry?.cancel();
    this.#hooks.onSettled();
    this.ask.onVerdict(verdict);
    this.#verdict.resolve(verdict);
    this.#abort.abort(new HeddleError("UNKNOWN_CONFIRMATION", `nobody is to decide any more`));
  }
}
