import { ActorToolContext } from "../actors/tool-context.ts";
import type { OpenCall } from "../actors/worker-loop.ts";
import type { Decided } from "../protocol/job.ts";
import type { ToolEnd } from "../protocol/tool.ts";
import type { CallSignal } from "../tools/call-signal.ts";
import type { ApprovalContext, ToolContext } from "../tools/tool.ts";
import type { ContextAnswers } from "./answers.ts";
import { Answering } from "./answers.ts";
import type { InlineCall } from "./inline-options.ts";

const OPEN: ToolEnd = { result: "" };

/** A tool call while it runs, and what is kept of it. */
export class CallRecord {
  args: unknown;
  decision: Decided | undefined;
  end: ToolEnd = OPEN;
  /** Whether it was carried out, so that it may have had an effect. */
  isUnderWay: boolean = false;
  readonly #open: OpenCall;
  readonly #answering: Answering;

  constructor(open: OpenCall, answers: ContextAnswers) {
    this.#open = open;
    this.#answering = new Answering(answers);
  }

  get index(): number {
    return this.#open.index;
  }

  /** What the tool is given. */
  context({ jobId, toolCallId, context }: ApprovalContext, signal: CallSignal): ToolContext {
    const queue = this.#answering;
    return new ActorToolContext({
      ref: { jobId, index: this.index },
      toolCallId,
      context,
      signal: signal.signal,
      isCancelled: () => signal.isOver,
      queue,
      execOutputs: queue.execOutputs,
    });
  }

  /** As it stands. */
  shown(): InlineCall {
    const { args, decision, end } = this;
    const { id: toolCallId, name } = this.#open.call;
    const { progressed, asked } = this.#answering;
    return { toolCallId, name, args, decision, end, progressed, asked };
  }
}
