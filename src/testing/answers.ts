import { ExecOutputs } from "../actors/tool-context.ts";
import { HeddleError } from "../errors.ts";
import type { JobResult } from "../protocol/job.ts";
import type { ToolRequest } from "../protocol/tool.ts";
import { NO_USAGE } from "../providers/response-builder.ts";
import { given } from "../supervisor/check.ts";
import { checkCommand } from "../supervisor/tools/command-spec.ts";
import type { ExecOptions, ExecResult, RunnableWorker } from "../tools/tool.ts";

/** The options of a worker that a tool runs, as they leave the tool: its modules are named by their URLs, as text. */
export type ContextWorker = Omit<RunnableWorker, "tools"> & { readonly tools?: readonly unknown[] };

/**
 * What answers a tool that speaks to others through its context. What it throws is what the tool gets. One that is left out
 * rejects with `INVALID_OPTION` that names it.
 */
export type ContextAnswers = {
  readonly tell?: (to: string, name: string, message: unknown) => void | Promise<void>;
  readonly ask?: (
    to: string,
    name: string,
    message: unknown,
    options: { readonly timeoutMs?: number },
  ) => unknown;
  /** What it leaves out of the result: no text, no tokens, one step, `stop`. */
  readonly run?: (
    worker: ContextWorker,
    input: { readonly prompt: string },
  ) => Partial<JobResult> | Promise<Partial<JobResult>>;
  /** What it leaves out of the result: exit code 0, no output. It may call `options.onOutput`, if the tool has given it. */
  readonly exec?: (
    argv: readonly string[],
    options: ExecOptions,
  ) => Partial<ExecResult> | Promise<Partial<ExecResult>>;
};

/** What a tool has asked of others, as plain data. */
export type ContextCall =
  | {
      readonly type: "tell";
      readonly to: string;
      readonly name: string;
      readonly message: unknown;
    }
  | {
      readonly type: "ask";
      readonly to: string;
      readonly name: string;
      readonly message: unknown;
      readonly timeoutMs?: number;
    }
  | { readonly type: "run"; readonly worker: ContextWorker; readonly prompt: string }
  | { readonly type: "exec"; readonly argv: readonly string[]; readonly options: ExecOptions };

/** Names of `ContextAnswers`. */
export const ANSWERS: readonly (keyof ContextAnswers)[] = ["tell", "ask", "run", "exec"];

const RESULT: JobResult = { text: "", usage: NO_USAGE, steps: 1, finishReason: "stop" };
const EXECUTED: ExecResult = {
  exitCode: 0,
  signal: null,
  stdout: "",
  stderr: "",
  isTruncated: false,
  isTimedOut: false,
};

/** Stands where the supervisor is: takes what a tool asks for, notes it, and has it answered. */
export class Answering {
  readonly progressed: unknown[] = [];
  readonly asked: ContextCall[] = [];
  readonly execOutputs: ExecOutputs = new ExecOutputs();
  readonly #answers: ContextAnswers;

  constructor(answers: ContextAnswers) {
    this.#answers = answers;
  }

  /** Noted before it returns. */
  async send(request: ToolRequest): Promise<unknown> {
    switch (request.type) {
      case "progress":
        this.progressed.push(request.progress);
        return undefined;
      case "tell": {
        const { to, name, message } = request;
        this.asked.push({ type: "tell", to, name, message });
        return await this.#for("tell")(to, name, message);
      }
      case "ask": {
        const { to, name, message, timeoutMs } = request;
        const options = given({ timeoutMs });
        this.asked.push({ type: "ask", to, name, message, ...options });
        return await this.#for("ask")(to, name, message, options);
      }
      case "run": {
        const { prompt } = request;
        const worker = request.worker as ContextWorker;
        this.asked.push({ type: "run", worker, prompt });
        return { ...RESULT, ...(await this.#for("run")(worker, { prompt })) };
      }
      case "exec":
        return await this.#exec(request);
      case "sync":
        return undefined;
      default:
        return request satisfies never;
    }
  }

  async #exec(request: Extract<ToolRequest, { type: "exec" }>): Promise<ExecResult> {
    const { exec, argv, options, wantsOutput } = request;
    this.asked.push({ type: "exec", argv, options });
    checkCommand({ ...options, argv, env: options.env ?? {} });
    const onOutput: ExecOptions["onOutput"] = (stream, text) =>
      this.execOutputs.deliver(exec, stream, text);
    const heard = wantsOutput ? { ...options, onOutput } : options;
    return { ...EXECUTED, ...(await this.#for("exec")(argv, heard)) };
  }

  #for<N extends keyof ContextAnswers>(name: N): NonNullable<ContextAnswers[N]> {
    const answer = this.#answers[name];
    if (answer) return answer;
    const message = `the tool calls ctx.${name}(), and nothing answers it: give the option \`${name}\``;
    throw new HeddleError("INVALID_OPTION", message, { details: { field: name } });
  }
}
