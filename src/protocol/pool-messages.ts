/** A tool call, as a thread of the pool is given it. `args` are checked there once more: what a schema makes of them need not be cloneable. */
export type PoolTask = {
  readonly toolName: string;
  readonly args: unknown;
  readonly context: unknown;
  readonly jobId: string;
  readonly toolCallId: string;
  readonly limits: { readonly maxBytes: number; readonly maxMediaBytes: number };
};

/** What a call says before it ends. All but `begun` are answered with a `taken`, so that the thread knows how much is under way. */
export type PoolReport =
  /** The thread has taken the call: from now on it may have had effects. */
  | { readonly type: "begun" }
  | { readonly type: "progress"; readonly progress: unknown }
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly text: string };

export type PoolTaken = { readonly type: "taken" };
