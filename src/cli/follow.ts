import type { WorkerJob } from "../index.ts";
import type { Output } from "./output.ts";
import type { Prepared } from "./prepare.ts";

/*
 * What standard output shows of a job while it runs. Both read without loss: the job streams no faster than it is read.
 */

/** What is to be shown of each job of a run; `undefined` if nothing. */
export function followerOf(
  { options }: Prepared,
  stdout: Output,
): ((job: WorkerJob) => Promise<void>) | undefined {
  if (options.events) return (job) => followEvents(job, stdout);
  const isAnswer = options.source.type === "prompt" && stdout.isTerminal;
  return isAnswer ? (job) => followText(job, stdout) : undefined;
}

/** Every event with the job's id, as NDJSON. */
async function followEvents(job: WorkerJob, stdout: Output): Promise<void> {
  for await (const event of job.events()) {
    await stdout.print(`${JSON.stringify({ id: job.id, ...event })}\n`);
  }
}

/** The text as it comes, for people. It ends with a line break. */
async function followText(job: WorkerJob, stdout: Output): Promise<void> {
  let last = "\n";
  for await (const event of job.events()) {
    if (event.type !== "chunk") continue;
    const { chunk } = event;
    if (chunk.type !== "text" && chunk.type !== "refusal") continue;
    await stdout.print(chunk.text);
    last = chunk.text.at(-1) ?? last;
  }
  if (last !== "\n") await stdout.print("\n");
}
