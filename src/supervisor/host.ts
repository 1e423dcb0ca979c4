import type { ModelResponseChunk } from "../protocol/model.ts";
import type { ConfirmationRequest, ToolDecision } from "../protocol/tool.ts";
import type { WorkerState } from "../protocol/worker.ts";

/**
 * The application's side of a job: it is told what happens.
 *
 * Calls come one after the other, in the order of the job's log. A promise that is returned is awaited before the next call, so
 * a slow host slows its own job's stream and nobody else's. A host that throws or rejects fails its own job with `HOST_FAILED`;
 * one whose promise never settles is not called again, and its job ends by its deadline or a cancel.
 */
export interface WorkerHost {
  workerStateChange?(workerId: string, state: WorkerState): void | Promise<void>;
  responseChunkReceived?(workerId: string, chunk: ModelResponseChunk): void | Promise<void>;
  /**
   * Decides on a tool call that needs approval, of the job or of one of its children that a tool has run. It is called when the call
   * comes up, beside the others, and may take as long as it likes, unless the worker has `timeouts.confirmationMs`. `signal` aborts
   * when `session.decide` was first, or when nobody is to decide any more. What is no decision, or an edit that the tool does not take,
   * fails the job with `HOST_FAILED`.
   *
   * It also answers what an MCP server asks in a call: `request.elicitation` is there then.
   */
  getToolConfirmation?(
    workerId: string,
    request: ConfirmationRequest,
    signal: AbortSignal,
  ): ToolDecision | Promise<ToolDecision>;
}
