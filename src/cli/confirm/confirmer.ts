import type { ConfirmationRequest, Session, SessionEvent, ToolDecision } from "../../index.ts";
import { HeddleError } from "../../index.ts";

/** What a person has answered. `none`: nothing, because nobody is to answer any more, or because they have interrupted. */
export type Answer =
  | { readonly type: "decided"; readonly decision: ToolDecision; readonly always: boolean }
  | { readonly type: "none" };

export type AskOptions = {
  /** Aborts when nobody is to answer any more. */
  readonly signal: AbortSignal;
  /** Why the last answer could not be taken; undefined: it is asked for the first time. */
  readonly complaint: string | undefined;
  /** How many others wait until this one is decided. */
  readonly behind: number;
};

export type Ask = (request: ConfirmationRequest, options: AskOptions) => Promise<Answer>;

type Waiting = { readonly request: ConfirmationRequest; readonly withdrawn: AbortController };

/** Has somebody decide on the tool calls of a session, one after the other in the order in which they came up, however many agents ask. */
export class Confirmer {
  readonly #session: Pick<Session, "confirmations$" | "events$" | "decide">;
  readonly #ask: Ask;
  readonly #waiting = new Map<string, Waiting>();
  readonly #always = new Set<string>();
  #isAsking: boolean = false;

  constructor(session: Pick<Session, "confirmations$" | "events$" | "decide">, ask: Ask) {
    this.#session = session;
    this.#ask = ask;
  }

  /** Begins. It ends with the session. */
  watch(): void {
    this.#session.events$.subscribe((event) => this.#withdraw(event));
    this.#session.confirmations$.subscribe((request) => {
      this.#waiting.set(request.confirmationId, { request, withdrawn: new AbortController() });
      if (!this.#isAsking) void this.#askAll();
    });
  }

  #withdraw(event: SessionEvent): void {
    if (event.type !== "job-event") return;
    const { type } = event.event;
    if (type !== "confirmation-decided" && type !== "elicitation-decided") return;
    const { confirmationId } = event.event;
    this.#waiting.get(confirmationId)?.withdrawn.abort();
    this.#waiting.delete(confirmationId);
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    for (;;) {
      const [next] = this.#waiting.values();
      if (next === undefined) break;
      await this.#settle(next);
      this.#waiting.delete(next.request.confirmationId);
    }
    this.#isAsking = false;
  }

  async #settle(waiting: Waiting): Promise<void> {
    try {
      await this.#askUntilDecided(waiting);
    } catch (error) {
      // What could not be asked is not approved.
      this.#decide(waiting.request, { deny: `nobody could be asked: ${(error as Error).message}` });
    }
  }

  async #askUntilDecided({ request, withdrawn: { signal } }: Waiting): Promise<void> {
    let complaint: string | undefined;
    while (!signal.aborted) {
      if (!request.elicitation && this.#always.has(keyOf(request))) {
        this.#decide(request, { approve: true });
        return;
      }
      const behind = this.#waiting.size - 1;
      const answer = await this.#ask(request, { signal, complaint, behind });
      if (answer.type === "none") {
        await aborted(signal);
        return;
      }
      complaint = this.#decide(request, answer.decision);
      if (complaint !== undefined) continue;
      if (answer.always) this.#always.add(keyOf(request));
      return;
    }
  }

  /** Returns why the decision cannot be taken. One that comes too late is none. */
  #decide({ confirmationId }: ConfirmationRequest, decision: ToolDecision): string | undefined {
    try {
      this.#session.decide(confirmationId, decision);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (error.code !== "UNKNOWN_CONFIRMATION") return error.message;
    }
    return undefined;
  }
}

/**
 * All agents of a command have the same tools, so "always" is for a tool of any of them. What a tool runs as a child may have other tools
 * under the same name: there it is for the worker's name, too.
 */
function keyOf({ parentId, workerName, toolName }: ConfirmationRequest): string {
  return JSON.stringify([parentId === undefined ? null : workerName, toolName]);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
