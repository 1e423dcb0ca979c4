import type { Steering } from "../workers/steering.ts";
import type { Job } from "./job.ts";

/** Whether `maxSteps` leaves the job another model call. */
export function hasRoom({ tally, spec }: Job): boolean {
  return tally.steps < spec.settings.maxSteps;
}

/** Whether nothing is left to do: the last response calls no tool, and the user has said nothing since that could still be answered. */
export function isAnswered(job: Job, steering: Steering): boolean {
  const isSteered = steering.waiting.length > 0 && hasRoom(job);
  return job.tally.isComplete && !isSteered;
}
