import { ActorToolContext } from "../actors/tool-context.ts";
import { toHeddleError } from "../errors.ts";
import { checkFields, checkText, refuse } from "../supervisor/check.ts";
import type { Context } from "../supervisor/context.ts";
import { checkContext, layContext } from "../supervisor/context.ts";
import { toolCallIdOf } from "../tools/run-tool.ts";
import type { ToolContext } from "../tools/tool.ts";
import type { ContextAnswers, ContextCall } from "./answers.ts";
import { ANSWERS, Answering } from "./answers.ts";

export const JOB_ID = "job-1";

export type TestContextOptions = ContextAnswers & {
  /** @defaultValue "job-1" */
  readonly jobId?: string;
  /** @defaultValue that of the first call of the job's first response */
  readonly toolCallId?: string;
  /** Plain data; the tool gets a copy. @defaultValue none */
  readonly context?: Context;
};

/** A tool's context that keeps what the tool does with it. */
export type TestContext = ToolContext & {
  /** What `progress` was called with, in order. */
  readonly progressed: readonly unknown[];
  /** What was asked of others, in order, also what nothing has answered. */
  readonly asked: readonly ContextCall[];
  /** Tells the tool to stop: `signal` aborts, with a HeddleError `JOB_CANCELLED` unless `reason` is a HeddleError. @defaultValue "cancelled" */
  abort(reason?: unknown): void;
};

/**
 * A context to call a tool's `execute` with, on the calling thread: `await tool.execute(args, testContext({ ask: async () => 3 }))`.
 *
 * It checks what the tool hands to it as the real one does: messages and progress must be plain data, progress at most 8 KiB, a command well-formed.
 * It holds nobody back and has no permissions: who answers decides what may be done.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field.
 */
export function testContext(options: TestContextOptions = {}): TestContext {
  checkFields("", options, ["jobId", "toolCallId", "context", ...ANSWERS]);
  checkText("jobId", options.jobId);
  checkText("toolCallId", options.toolCallId);
  checkContext("context", options.context);
  checkAnswers(options);
  const { jobId = JOB_ID, toolCallId = toolCallIdOf(jobId, 1, 0) } = options;
  return new AbortableContext(jobId, toolCallId, layContext(undefined, options.context), options);
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkAnswers(answers: ContextAnswers): void {
  for (const name of ANSWERS) {
    if (!["undefined", "function"].includes(typeof answers[name])) refuse(name, "a function");
  }
}

class AbortableContext extends ActorToolContext implements TestContext {
  readonly progressed: readonly unknown[];
  readonly asked: readonly ContextCall[];
  readonly #abort: AbortController;

  constructor(jobId: string, toolCallId: string, context: Context, answers: ContextAnswers) {
    const abort = new AbortController();
    const { signal } = abort;
    const queue = new Answering(answers);
    const { execOutputs } = queue;
    const isCancelled = () => signal.aborted;
    const ref = { jobId, index: 0 };
    super({ ref, toolCallId, context, signal, isCancelled, queue, execOutputs });
    this.progressed = queue.progressed;
    this.asked = queue.asked;
    this.#abort = abort;
  }

  abort(reason: unknown = "cancelled"): void {
    this.#abort.abort(toHeddleError(reason, "JOB_CANCELLED"));
  }
}
