import { HeddleError, toHeddleError } from "../../errors.ts";
import type { ActorModelCall } from "../../protocol/actor-messages.ts";
import type { Message, ModelResponse, ModelSettings, ToolSpec } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import { given } from "../check.ts";
import type { ProviderRoute } from "../gateways/gateways.ts";
import type { Timeouts } from "../options.ts";
import { layerModelSettings, settingsOfStep } from "../workers/model-settings.ts";
import type { Steering } from "../workers/steering.ts";
import type { Job } from "./job.ts";
import { OutputCheck } from "./output-check.ts";
import type { ChainLink, ChainRequest } from "./provider-chain.ts";
import { ProviderChain } from "./provider-chain.ts";

/** The tools that the model is told of. */
export type OfferedTools = {
  readonly specs: readonly ToolSpec[];
  /** What it is told of their use, behind the worker's own instructions; empty: nothing. */
  readonly instructions: string;
  /** Sees to what has changed of them. */
  refresh(): Promise<void>;
};

export type ModelStepsOptions = {
  readonly job: Job;
  readonly routeTo: (provider: string) => ProviderRoute;
  /** The name of the worker's session. */
  readonly session: string;
  readonly timeouts: Timeouts;
  readonly steering: Steering;
  /** Counts the worker's model calls: the number of the next one. */
  readonly nextCallIndex: () => number;
  readonly tools: OfferedTools;
  /** A response is noted, and not in the log yet. */
  readonly onResponse: () => void;
};

/** The model calls of one job, one after the other. */
export class ModelSteps {
  readonly #options: ModelStepsOptions;
  readonly #job: Job;
  readonly #output: OutputCheck;
  readonly #warned = new Set<string>();
  readonly #chain: ProviderChain;
  /** Settles, and never rejects, when what the actor has asked for is answered: the response is there, and checked. */
  #answer: Promise<unknown> | undefined;
  #failure: HeddleError | undefined;
  /** How many of the texts that the actor's present thread was given are in the conversation. */
  #steered = 0;

  constructor(options: ModelStepsOptions) {
    this.#options = options;
    this.#job = options.job;
    this.#output = new OutputCheck(options.job, options.steering);
    this.#chain = new ProviderChain({
      links: linksOf(options),
      onFallback: (step) => options.job.append({ type: "fallback", ...step }),
    });
  }

  /** Of the last call: the job ends with it, also if the actor dies before it can say so. */
  get failure(): HeddleError | undefined {
    return this.#failure;
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    await this.#answer;
  }

  /** Why the job cannot complete as it is: it lacks its output. */
  missing(): HeddleError | undefined {
    return this.#output.missing();
  }

  /** A new thread is given all texts that wait. */
  restarted(): void {
    this.#steered = 0;
  }

  /** Ends the call under way, if there is one. There is none after it. */
  cancel(reason: string): void {
    this.#chain.cancel(reason);
  }

  /** The actor asks the model. The supervisor adds what is not the actor's to choose. */
  async ask(call: ActorModelCall): Promise<ModelResponse> {
    if (this.#answer !== undefined)
      throw new HeddleError("INTERNAL", "a model call is under way already");
    const answer = this.#respond(call);
    this.#answer = answer.catch(() => {});
    try {
      return await answer;
    } finally {
      this.#answer = undefined;
    }
  }

  async #respond(call: ActorModelCall): Promise<ModelResponse> {
    try {
      const response = await this.#askModel(call);
      await this.#output.check(response);
      return response;
    } catch (error) {
      this.#failure = toHeddleError(error, "INTERNAL");
      // The actor's word is not needed for it.
      if (this.#failure.code === "BUDGET_TOKENS") this.#job.fail(this.#failure);
      throw this.#failure;
    }
  }

  async #askModel({ messages, steered = 0 }: ActorModelCall): Promise<ModelResponse> {
    const job = this.#job;
    if (job.spec.settings.tools.mcp.length > 0) await this.#options.tools.refresh();
    if (job.isSettled || job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
    const { session, steering, timeouts } = this.#options;
    const { settings } = job.spec;
    job.tally.steered(steering.said(steered - this.#steered));
    this.#steered = Math.max(steered, this.#steered);
    this.#failure = undefined;
    job.signal({ type: "call-opened" });
    const demandBytes = job.stream.openCall((bytes) => this.#chain.demand(bytes));
    const { stepMs, firstChunkMs, chunkMs } = timeouts;
    try {
      const response = await this.#chain.ask({
        session,
        request: this.#request(messages),
        settingsFor: (model) => settingsOfStep(model, job.tally.steps),
        deadlines: given({ stepMs, firstChunkMs, chunkMs }),
        demandBytes,
        graceMs: settings.graceMs,
        killMs: settings.killMs,
        onChunks: (run, atMs) => this.#receive(run, atMs),
        onWaiting: (reason, untilMs) =>
          job.append({ type: "waiting", for: reason, ...given({ untilMs }) }),
        meter: job.account,
      });
      this.#noteResponse(response);
      return response;
    } finally {
      job.stream.closeCall();
      job.signal({ type: "call-ended" });
    }
  }

  #receive(run: ChunkRun, atMs: number): void {
    const job = this.#job;
    if (job.isSettled || job.stream.receive(run, atMs)) return;
    const { maxOutputBytes } = job.spec.settings;
    const message = `the job's output is larger than maxOutputBytes (${maxOutputBytes})`;
    job.fail(new HeddleError("OUTPUT_LIMIT", message, { details: { maxOutputBytes } }));
  }

  #noteResponse(response: ModelResponse): void {
    const job = this.#job;
    if (job.isSettled || job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
    job.tally.response(response);
    this.#options.onResponse();
    this.#warn(response);
    job.append({ type: "response", response });
    job.stream.responded();
    job.account.responded(response.toolCalls.length);
    if (job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
  }

  /** Once a job: most warnings come with every response of it. */
  #warn({ provider = "", warnings = [] }: ModelResponse): void {
    for (const message of warnings) {
      const warning = JSON.stringify([provider, message]);
      if (this.#warned.has(warning)) continue;
      this.#warned.add(warning);
      this.#job.append({ type: "warning", source: provider, message });
    }
  }

  #request(messages: readonly Message[]): ChainRequest["request"] {
    const { settings, options, output, worker, id } = this.#job.spec;
    const { specs: tools, instructions: guides } = this.#options.tools;
    const own = options.instructions ?? settings.instructions;
    return {
      ...given({
        instructions: guides === "" ? own : [own, guides].filter(Boolean).join("\n\n"),
        output: output?.spec,
      }),
      messages,
      ...(tools.length === 0 ? {} : { tools }),
      origin: {
        workerId: worker.id,
        workerName: worker.name,
        jobId: id,
        callIndex: this.#options.nextCallIndex(),
      },
    };
  }
}

/** The worker's provider, then those of `fallback`. A model's name, fields and addresses of one server mean nothing to another provider; other settings do. */
function linksOf({ job, routeTo }: ModelStepsOptions): readonly ChainLink[] {
  const { settings, options } = job.spec;
  const model = layerModelSettings(settings.model, options.model);
  const { name: _, extraBody: __, query: ___, ...others } = model;
  const link = (provider: string, asked: ModelSettings) => ({
    ...routeTo(provider),
    provider,
    settings: asked,
  });
  return [
    link(settings.provider, model),
    ...settings.fallback.map((next) => link(next.provider, layerModelSettings(others, next.model))),
  ];
}
