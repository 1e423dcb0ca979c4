import { runWorkerLoop } from "../../src/actors/worker-loop.ts";
import { HeddleError, toWireError } from "../../src/errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorModelCall,
} from "../../src/protocol/actor-messages.ts";
import type { ModelResponse } from "../../src/protocol/model.ts";
import type { CallMessage } from "../../src/transport/calls.ts";
import { Caller, exposeMethods } from "../../src/transport/calls.ts";
import type { ThreadBody, ThreadInside } from "./sim-thread.ts";

type SupervisorCalls = { callModel(call: ActorModelCall): Promise<ModelResponse> };

/** An actor as `actors/entry.ts` makes it, with the real loop, that takes its time before each model call. */
export class SimActor implements ThreadBody {
  /** It does not listen to cancels. */
  isDeaf: boolean = false;
  /** It goes on only when it is cancelled. */
  isPondering: boolean = false;
  config: ActorConfig | undefined;
  readonly #inside: ThreadInside;
  readonly #isHeldBack: (jobId: string) => boolean;
  readonly #supervisor: Caller<SupervisorCalls>;
  readonly #onCall: (body: unknown) => void;
  readonly #thoughts = new Set<() => void>();
  #running: { readonly jobId: string; readonly abort: AbortController } | undefined;

  constructor(inside: ThreadInside, isHeldBack: (jobId: string) => boolean) {
    this.#inside = inside;
    this.#isHeldBack = isHeldBack;
    this.#supervisor = new Caller(inside.post);
    const configure = (config: ActorConfig) => {
      this.config = config;
    };
    const run = (job: ActorJob) => this.#run(job);
    this.#onCall = exposeMethods({ ready: () => {}, configure, run }, inside.post);
  }

  /** The job that it works on. */
  get jobId(): string | undefined {
    return this.#running?.jobId;
  }

  receive(given: unknown): void {
    const message = given as ActorCommand | CallMessage;
    switch (message.type) {
      case "call":
        this.#onCall(message.body);
        break;
      case "reply":
        this.#supervisor.deliver(message.body);
        break;
      case "cancel":
        this.#cancel(message.jobId, message.reason);
        break;
      case "ping":
        this.#inside.post({ type: "pong" });
        break;
      default:
        throw new Error(`an actor does not know ${JSON.stringify(message)}`);
    }
  }

  actions(): readonly (() => void)[] {
    if (this.#thoughts.size === 0) return [];
    const isWaiting = this.#running !== undefined && this.#isHeldBack(this.#running.jobId);
    return this.isPondering || isWaiting ? [] : [...this.#thoughts];
  }

  /** Throws what nobody catches. */
  crash(error: unknown): void {
    this.#inside.post({ type: "crashed", error: toWireError(error, "ACTOR_CRASHED") });
    this.#inside.exit({ exitCode: 1, error: undefined });
  }

  flood(messages: number): void {
    for (let i = 0; i < messages; i++)
      this.#inside.post({ type: "output", stream: "stdout", text: "x" });
  }

  #cancel(jobId: string, reason: string): void {
    if (this.isDeaf || this.#running?.jobId !== jobId) return;
    this.#running.abort.abort(new HeddleError("JOB_CANCELLED", reason));
  }

  async #run({ jobId, messages, stepsDone, answered = [] }: ActorJob): Promise<void> {
    const abort = new AbortController();
    const { signal } = abort;
    this.#running = { jobId, abort };
    const ask = async (conversation: ActorModelCall["messages"]) => {
      await this.#think();
      return await this.#supervisor.call("callModel", { jobId, messages: conversation });
    };
    try {
      await runWorkerLoop({
        messages,
        stepsDone,
        answered,
        maxSteps: this.config?.maxSteps ?? 1,
        signal,
        askModel: (conversation) => abortable(ask(conversation), signal),
        callTool: async () => ({ result: "done" }),
        onToolFinished: ({ index }, end) =>
          this.#inside.post({ type: "tool-finished", jobId, index, end }),
      });
    } finally {
      this.#running = undefined;
    }
  }

  /** Executes code of its own until the scheduler lets it go on. */
  #think(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const thought = () => {
      this.#thoughts.delete(thought);
      resolve();
    };
    this.#thoughts.add(thought);
    return promise;
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
