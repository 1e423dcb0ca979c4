import type { ModelResponseChunk } from "../protocol/model.ts";
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
}
