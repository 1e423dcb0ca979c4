import type { WorkerJob } from "../index.ts";
import { withoutState } from "../index.ts";
import type { Output, Streams } from "./output.ts";
import type { Prepared } from "./prepare.ts";
import { colorsFor } from "./terminal.ts";
import { TurnView } from "./turn-view.ts";

type Env = { readonly [name: string]: string | undefined };

/** What is to be shown of each job of a run, those that tools run as children included; `undefined` if nothing. */
export function followerOf(
  { options }: Prepared,
  streams: Streams,
  env: Env,
): ((job: WorkerJob) => Promise<void>) | undefined {
  const { stdout, stderr } = streams;
  if (options.events) return (job) => followEvents(job, stdout);
  if (options.source.type !== "prompt" || !stdout.isTerminal) return undefined;
  return async (job) => {
    // What a child says is for the tool that runs it.
    if (job.parentId === undefined) await new TurnView(streams, colorsFor(stderr, env)).follow(job);
  };
}

/** Every event with the job's id, as NDJSON. The job streams no faster than it is read. */
async function followEvents(job: WorkerJob, stdout: Output): Promise<void> {
  for await (const event of job.events()) {
    await stdout.print(`${JSON.stringify({ id: job.id, ...withoutState(event) })}\n`);
  }
}
