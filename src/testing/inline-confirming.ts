import type { ConfirmationRequest } from "../protocol/tool.ts";
import { given } from "../supervisor/check.ts";
import { policyVerdict } from "../supervisor/tools/confirm-call.ts";
import type { Verdict } from "../supervisor/tools/confirmation.ts";
import { Confirmations, NOBODY } from "../supervisor/tools/confirmations.ts";
import { verdictOf } from "../supervisor/tools/decision.ts";
import { jsonSchemaIssues } from "../tools/schema.ts";
import type { JsonSchema } from "../tools/tool.ts";
import { inlineClock } from "./inline-clock.ts";
import type { InlineOptions } from "./inline-options.ts";

// Loads the validator now: between two steps of a run under fake timers nothing may take real time.
await jsonSchemaIssues({});

export type ConfirmingOptions = {
  readonly approvals: "ask" | "deny" | "allow";
  readonly decide: InlineOptions["decide"];
  readonly confirmationMs: number | undefined;
  readonly signal: AbortSignal;
  /** `decide` has failed: the run fails of it. */
  readonly onFailed: (error: Error) => void;
  /** How many are asked about has changed. */
  readonly onWaiting: (count: number) => void;
};

/** Has the run's tool calls decided on, by the same rules as a session. */
export class InlineConfirming {
  readonly #options: ConfirmingOptions;
  readonly #confirmations = new Confirmations({ clock: inlineClock, report: () => {} });
  #asked = 0;

  constructor(options: ConfirmingOptions) {
    this.#options = options;
  }

  /** `cancelled` when the run is over. Never rejects. */
  async confirm(
    about: Omit<ConfirmationRequest, "confirmationId" | "expiresAtMs">,
    parameters: JsonSchema,
  ): Promise<Verdict> {
    const { workerName, toolName } = about;
    const settled = () =>
      policyVerdict(this.#options.approvals) ??
      this.#confirmations.remembered(workerName, toolName);
    const verdict = settled();
    if (verdict) return verdict;
    const issuesOf = await jsonSchemaIssues(parameters);
    // Meanwhile, another call may have been decided on, and all like it.
    return settled() ?? (await this.#ask(about, issuesOf));
  }

  async #ask(
    about: Omit<ConfirmationRequest, "confirmationId" | "expiresAtMs">,
    issuesOf: (args: unknown) => readonly string[],
  ): Promise<Verdict> {
    const { decide = () => ({ deny: NOBODY }), confirmationMs, signal } = this.#options;
    this.#asked += 1;
    const expiresAtMs = confirmationMs === undefined ? undefined : Date.now() + confirmationMs;
    const confirmation = this.#confirmations.ask({
      request: {
        confirmationId: `confirmation-${this.#asked}`,
        ...about,
        ...given({ expiresAtMs }),
      },
      host: { getToolConfirmation: async (_, request, until) => await decide(request, until) },
      made: (decision) => verdictOf(decision, issuesOf),
      alike: (verdict) => verdict,
      expiresInMs: confirmationMs,
      onHostFailed: this.#options.onFailed,
      onVerdict: () => {},
    });
    this.#options.onWaiting(this.#confirmations.size);
    const cancel = () => confirmation.cancel();
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await confirmation.verdict;
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#options.onWaiting(this.#confirmations.size);
    }
  }
}
