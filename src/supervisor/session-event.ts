import type { JobEventBody } from "../protocol/job.ts";
import type { WorkerState } from "../protocol/worker.ts";
import type { CancelOutcome } from "./handles.ts";

export type SessionEvent =
  | {
      readonly type: "worker-created" | "worker-stopped";
      readonly workerId: string;
      readonly name: string;
    }
  | {
      readonly type: "worker-state";
      readonly workerId: string;
      readonly name: string;
      readonly state: WorkerState;
    }
  /** What code in the worker's thread has printed, at most 64 Ki characters for each turn of its loop. */
  | {
      readonly type: "worker-output";
      readonly workerId: string;
      readonly name: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  | {
      readonly type: "job-queued";
      readonly jobId: string;
      readonly workerId: string;
      /** Undefined: it is nobody's child. */
      readonly parentId: string | undefined;
    }
  | {
      readonly type: "job-event";
      readonly jobId: string;
      readonly workerId: string;
      readonly event: JobEventOtherThanChunk;
    }
  /** A job that had begun was told to stop, by a cancel, a deadline, a limit or a failure: how it did, `afterMs` later. Right after its terminal event. */
  | {
      readonly type: "job-stopped";
      readonly jobId: string;
      readonly workerId: string;
      readonly how: Exclude<CancelOutcome["how"], "settled">;
      readonly afterMs: number;
    };

/** A job's event that is no chunk. */
export type JobEventOtherThanChunk = { readonly seq: number; readonly atMs: number } & Exclude<
  JobEventBody,
  { readonly type: "chunk" }
>;
