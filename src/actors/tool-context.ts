import type { JobResult } from "../protocol/job.ts";
import type { ToolCallRef, ToolRequest } from "../protocol/tool.ts";
import { plainProgress } from "../tools/progress.ts";
import type {
  ChildInput,
  ExecOptions,
  ExecResult,
  RunnableWorker,
  Target,
  ToolContext,
} from "../tools/tool.ts";
import { addressed, clonePlain } from "./addressed.ts";
import type { RequestQueue } from "./request-queue.ts";

/** The output of commands that tools are running, by their number. */
export class ExecOutputs {
  readonly #listeners = new Map<number, NonNullable<ExecOptions["onOutput"]>>();
  #last = 0;

  /** A number for a command, until it has ended. */
  add(listener: ExecOptions["onOutput"]): number {
    this.#last += 1;
    if (listener) this.#listeners.set(this.#last, listener);
    return this.#last;
  }

  remove(exec: number): void {
    this.#listeners.delete(exec);
  }

  deliver(exec: number, stream: "stdout" | "stderr", text: string): void {
    this.#listeners.get(exec)?.(stream, text);
  }
}

export type ToolContextOptions = {
  readonly ref: ToolCallRef;
  readonly toolCallId: string;
  readonly context: unknown;
  readonly signal: AbortSignal;
  readonly isCancelled: () => boolean;
  readonly queue: Pick<RequestQueue<ToolRequest>, "send">;
  readonly execOutputs: ExecOutputs;
};

/** What a tool in an actor's thread knows of its call, and does through the supervisor. */
export class ActorToolContext implements ToolContext {
  readonly signal: AbortSignal;
  readonly context: unknown;
  readonly jobId: string;
  readonly toolCallId: string;
  readonly #options: ToolContextOptions;

  constructor(options: ToolContextOptions) {
    this.signal = options.signal;
    this.context = options.context;
    this.jobId = options.ref.jobId;
    this.toolCallId = options.toolCallId;
    this.#options = options;
  }

  get cancelled(): boolean {
    return this.#options.isCancelled();
  }

  progress(value: unknown): void {
    const progress = plainProgress(value);
    void this.#ask({ type: "progress", progress, ...this.#options.ref });
  }

  tell(target: Target, name: string, message?: unknown): Promise<void> {
    const request = { type: "tell", ...addressed(target, name, message), ...this.#options.ref };
    return this.#ask(request as ToolRequest) as Promise<void>;
  }

  ask<R = unknown>(
    target: Target,
    name: string,
    message?: unknown,
    { timeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<R> {
    const addressee = addressed(target, name, message);
    const deadline = timeoutMs === undefined ? {} : { timeoutMs };
    const { ref } = this.#options;
    return this.#ask({ type: "ask", ...addressee, ...deadline, ...ref }) as Promise<R>;
  }

  run(worker: RunnableWorker, input: ChildInput): Promise<JobResult> {
    const { prompt, output } = { ...input };
    const request: ToolRequest = {
      type: "run",
      worker: clonePlain("worker", plainWorker(worker)),
      prompt,
      ...(output === undefined ? {} : { output: clonePlain("output", output) }),
      ...this.#options.ref,
    };
    return this.#ask(request) as Promise<JobResult>;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { onOutput, ...given } = options;
    const { execOutputs, ref } = this.#options;
    const exec = execOutputs.add(onOutput);
    const plain = clonePlain("options", { exec, argv, options: given });
    try {
      const request = { type: "exec", ...plain, wantsOutput: onOutput !== undefined, ...ref };
      return (await this.#ask(request as ToolRequest)) as ExecResult;
    } finally {
      execOutputs.remove(exec);
    }
  }

  /** A rejection that nobody looks at must not crash the actor. */
  #ask(request: ToolRequest): Promise<unknown> {
    const answer = this.#options.queue.send(request);
    answer.catch(() => {});
    return answer;
  }
}

/** A URL is no plain data. What is no worker at all is the supervisor's to refuse. */
function plainWorker(worker: unknown): unknown {
  const { tools }: { readonly tools?: unknown } = Object(worker);
  return Array.isArray(tools) ? { ...Object(worker), tools: tools.map(plainSource) } : worker;
}

function plainSource(source: unknown): unknown {
  if (source instanceof URL) return source.href;
  const { module }: { readonly module?: unknown } = Object(source);
  return module instanceof URL ? { ...Object(source), module: module.href } : source;
}
