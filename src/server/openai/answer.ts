import type { ModelResponse, WorkerHost, WorkerJob } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { AppParts } from "../app-env.ts";
import type { ProviderStates } from "../provider-state.ts";
import type { TenantDesk } from "../tenant-desk.ts";
import { hasTools } from "./client-tools.ts";
import type { Plan } from "./plan.ts";
import { isShown, planOf } from "./plan.ts";
import type { ChatRequest } from "./request-shape.ts";

/** How long a stream waits for its job to show something, in ms, before it is answered with 200: until then, a failure has its own status. */
const STATUS_WAIT_MS = 2_000;

export type AnswerOptions = {
  readonly desk: TenantDesk;
  readonly request: ChatRequest;
  /** Aborts when the client has left: then the job is cancelled. */
  readonly signal: AbortSignal;
  readonly approvals: AppParts["openaiApprovals"];
};

/** A job that answers one request. It ends with its client, and with the first response that calls one of the client's tools. */
export class Answer {
  readonly plan: Plan;
  readonly job: WorkerJob;
  readonly agent: string;
  readonly states: ProviderStates;
  readonly createdAt: number = Math.floor(Date.now() / 1_000);
  #lastResponse: ModelResponse | undefined;
  #refusal: HeddleError | undefined;

  /** @throws {HeddleError} `INVALID_INPUT` that names the field, `UNKNOWN_AGENT`, and what `desk.answer` throws. */
  constructor({ desk, request, signal, approvals }: AnswerOptions) {
    const { model: agent } = request;
    const template = desk.agent(agent);
    this.agent = agent;
    this.states = desk.states;
    this.plan = planOf(request, template, desk.states);
    const { input, options, own } = this.plan;
    const host = hasTools(template) ? { host: this.#host(approvals) } : {};
    this.job = desk.answer(agent, input, { signal, ...options, ...host }, own);
    // A stream is read anyway.
    if (!request.stream || this.plan.hasClientTools) this.#followResponses();
  }

  get id(): string {
    return `chatcmpl-${this.job.id}`;
  }

  /** Of those that came before a stream has begun, or all where there is no stream. */
  get lastResponse(): ModelResponse | undefined {
    return this.#lastResponse;
  }

  /** Why the job was cancelled by this, if it was. */
  get refusal(): HeddleError | undefined {
    return this.#refusal;
  }

  /**
   * Resolves when there is something to show, and after 2 s in any case; to true when the job has ended before. What else comes in the same turn
   * of the loop is waited for: a short answer is then one write, head and all.
   */
  async hasEndedUnseen(): Promise<boolean> {
    const events = this.job.events();
    const timer = setTimeout(() => void events.return?.(), STATUS_WAIT_MS);
    let isSeen: boolean = false;
    for await (const event of events) {
      if (event.type === "response") this.#lastResponse = event.response;
      isSeen = event.type === "chunk" && isShown(event.chunk, this.plan);
      if (isSeen) break;
    }
    clearTimeout(timer);
    if (isSeen) await new Promise((resolve) => setImmediate(resolve));
    return !isSeen && this.job.times.endedAtMs !== undefined;
  }

  /** In the turn in which they come: nothing may be carried out of what they call. */
  #followResponses(): void {
    this.job.events$.subscribe((event) => {
      if (event.type === "response") this.#responded(event.response);
    });
  }

  #responded(response: ModelResponse): void {
    this.#lastResponse = response;
    if (this.plan.hasClientTools && response.toolCalls.length > 0)
      void this.job.cancel("its tool calls are carried out by the client");
  }

  /** A client of this protocol cannot be asked. */
  #host(approvals: AnswerOptions["approvals"]): WorkerHost {
    return {
      getToolConfirmation: (_workerId, { toolName, elicitation }) => {
        if (elicitation) return { deny: "nobody can be asked over this protocol" };
        if (approvals === "refuse") this.#refuse(toolName);
        return { deny: "it needs approval, and nobody can be asked for it over this protocol" };
      },
    };
  }

  #refuse(toolName: string): void {
    const message = `tool "${toolName}" needs approval, which nobody can give over this protocol`;
    this.#refusal ??= new HeddleError("APPROVAL_REQUIRED", message);
    void this.job.cancel(message);
  }
}
