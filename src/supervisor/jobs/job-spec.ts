import type { Context } from "../context.ts";
import type { Worker } from "../handles.ts";
import type { JobInput, RunOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { JobEventOtherThanChunk } from "../session-event.ts";
import type { WorkerSettings } from "../workers/worker-settings.ts";
import type { Job } from "./job.ts";
import type { Accounts } from "./job-account.ts";
import type { Stop, Verdict } from "./job-lifecycle.ts";
import type { Output } from "./output-schema.ts";

/** What a job is made of. */
export type JobSpec = {
  readonly id: string;
  readonly worker: Worker;
  readonly input: JobInput;
  readonly options: RunOptions;
  readonly settings: WorkerSettings;
  /** The session's, the worker's and the job's own, laid over each other. */
  readonly context: Context;
  /** What it is to end with; undefined: any text. */
  readonly output: Output | undefined;
  readonly runtime: Runtime;
  /** It is open when the job is made. */
  readonly parent?: Job | undefined;
  /** Left out: nobody counts what it takes. */
  readonly accounts?: Accounts;
  /** Told of every event that is no chunk, once it is in the log. */
  readonly onEvent: (event: JobEventOtherThanChunk) => void;
};

/** Who carries a job out. */
export type JobDriver = {
  /** Ends what runs of the job: its model calls at once, its actor by the ladder. */
  stop(stop: Stop): void;
  /** Readers hold the stream back, or no longer do. */
  hold(isHeld: boolean): void;
  /** The job settles in this turn: what there is still to log, is logged now. */
  beforeEnd(verdict: Verdict): void;
};
