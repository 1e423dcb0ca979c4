import { ToolRunner } from "../../src/actors/tool-runner.ts";
import { runWorkerLoop } from "../../src/actors/worker-loop.ts";
import { HeddleError, toWireError } from "../../src/errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorModelCall,
} from "../../src/protocol/actor-messages.ts";
import type { JobCalls, ToolModule } from "../../src/protocol/tool.ts";
import { orAborted } from "../../src/transport/aborted.ts";
import type { CallMessage } from "../../src/transport/calls.ts";
import { Caller, exposeMethods } from "../../src/transport/calls.ts";
import type { ThreadBody, ThreadInside } from "./sim-thread.ts";
import type { ToolStage } from "./sim-tools.ts";
import { toolSetOf } from "./sim-tools.ts";

/** What the actor's world knows of it. */
export type ActorSurroundings = {
  /** The actor of that job waits, and so cannot go on at present. */
  readonly isHeldBack: (jobId: string) => boolean;
  readonly note: ToolStage["note"];
};

/** An actor as `actors/entry.ts` makes it, with the real loop and the real runner of tools, that takes its time before each model call. */
export class SimActor implements ThreadBody {
  /** It does not listen to cancels. */
  isDeaf: boolean = false;
  /** It goes on only when it is cancelled. */
  isPondering: boolean = false;
  config: ActorConfig | undefined;
  readonly #inside: ThreadInside;
  readonly #isHeldBack: (jobId: string) => boolean;
  readonly #supervisor: Caller<JobCalls>;
  readonly #tools: ToolRunner;
  readonly #onCall: (body: unknown) => void;
  readonly #thoughts = new Set<() => void>();
  #running:
    | {
        readonly jobId: string;
        readonly abort: AbortController;
        readonly steering: string[];
      }
    | undefined;

  constructor(inside: ThreadInside, { isHeldBack, note }: ActorSurroundings) {
    this.#inside = inside;
    this.#isHeldBack = isHeldBack;
    this.#supervisor = new Caller(inside.post);
    const stage: ToolStage = { think: () => this.#think(), note };
    this.#tools = new ToolRunner(this.#supervisor, {
      load: async (modules) => toolSetOf(modules, stage),
      clock: inside.clock,
    });
    const loadTools = (modules: readonly ToolModule[]) => this.#tools.load(modules);
    const configure = (config: ActorConfig) => {
      this.config = config;
    };
    const run = (job: ActorJob) => this.#run(job);
    this.#onCall = exposeMethods({ ready: () => {}, configure, loadTools, run }, inside.post);
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
      case "steer":
        if (this.#running?.jobId === message.jobId) this.#running.steering.push(message.text);
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
    this.isPondering = false;
    this.#running.abort.abort(new HeddleError("JOB_CANCELLED", reason));
  }

  async #run(job: ActorJob): Promise<void> {
    const { jobId, context, steering: said = [] } = job;
    const {
      maxSteps = 1,
      maxParallelToolCalls = 1,
      maxToolResultBytes = 0,
      maxToolMediaBytes = 0,
    } = this.config ?? {};
    const limits = { maxBytes: maxToolResultBytes, maxMediaBytes: maxToolMediaBytes };
    const abort = new AbortController();
    const { signal } = abort;
    const steering = [...said];
    const isCancelled = () => signal.aborted;
    const caller = { jobId, context, signal, isCancelled, limits };
    this.#running = { jobId, abort, steering };
    const ask = async (messages: ActorModelCall["messages"], steered: number) => {
      await this.#think();
      return await this.#supervisor.call("callModel", { jobId, messages, steered });
    };
    try {
      await runWorkerLoop({
        ...job,
        maxSteps,
        maxParallelToolCalls,
        signal,
        steering,
        askModel: (messages, steered) => orAborted(ask(messages, steered), signal),
        callTool: (open) => this.#tools.call(open, caller),
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
