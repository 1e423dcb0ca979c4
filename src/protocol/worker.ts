/** What a Worker is doing. `failed` and `stopped` are final; a worker whose job failed is `idle` again, with `lastFailure` set. */
export type WorkerState =
  | "idle"
  | "working"
  | "awaiting-confirmation"
  | "cancelling"
  | "restarting"
  | "failed"
  | "stopped";
