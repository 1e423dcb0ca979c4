import process from "node:process";
import { Supervisor } from "../index.ts";
import { Batch } from "./batch.ts";
import { openConfirmer } from "./confirm/open-confirmer.ts";
import { openDestination } from "./destination.ts";
import type { Display } from "./display.ts";
import { openDisplay } from "./display.ts";
import { followerOf } from "./follow.ts";
import type { Output, Streams } from "./output.ts";
import { Plan } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import { providerName } from "./provider-choice.ts";
import { conclusion, duration, introduction } from "./report.ts";
import { mayHang, Signals } from "./signals.ts";
import { isAllCompleted, Tally } from "./tally.ts";
import { workerFor } from "./worker.ts";

/**
 * Runs what was prepared, and tells how it went.
 *
 * @returns the exit code.
 * @throws {HeddleError} when the run could not begin or go on: a provider that does not load, unreadable input, unwritable results.
 */
export async function run(prepared: Prepared, streams: Streams): Promise<number> {
  const { options, choice, provider, worker, stopping } = prepared;
  await using supervisor = await Supervisor.start({
    providers: { [providerName(choice)]: provider },
    keepSettled: { ms: 0, count: 0 },
  });
  const destination = await openDestination(prepared, streams);
  const tally = new Tally(Date.now());
  const display = openDisplay(prepared, streams, tally, process.env);
  const plan = new Plan(prepared, tally, destination, (text) => display.note(text));
  const signals = stopOnSignals(prepared, display, supervisor);
  stopOnBrokenOutput(prepared, display, streams.stdout);
  signals.watch();
  for (const line of introduction(prepared)) display.note(line);
  const session = supervisor.openSession({ name: "run" });
  openConfirmer(session, {
    streams,
    env: process.env,
    // What is typed is input already.
    canAsk: options.source.type !== "stdin",
    nameOf: ({ jobId, parentId, workerName }) =>
      parentId === undefined ? `job ${jobId}` : `${workerName}, for job ${parentId},`,
    note: (text) => display.note(text),
    onHold: () => display.hold(),
    onInterrupt: () => signals.raise("SIGINT"),
  });
  try {
    await new Batch({
      session,
      inputs: plan.toRun(),
      workerOf: (input) => workerFor(input, worker),
      concurrency: options.concurrency,
      stopping,
      follow: followerOf(prepared, streams, process.env),
      write: (line) => destination.write(line),
      written: (line) => display.ended(line),
      label: { provider: providerName(choice), model: choice.model },
      tally,
    }).run();
    await supervisor.close({ drainMs: 0 });
  } finally {
    signals.release();
    stopping.release();
    await destination.close();
    display.close();
  }
  const last = tally.snapshot(Date.now());
  for (const line of conclusion(prepared, last)) display.note(line);
  if (plan.failure !== undefined) throw plan.failure;
  return signals.exitCode ?? (isAllCompleted(last) && !streams.stdout.gone.aborted ? 0 : 1);
}

function stopOnSignals(prepared: Prepared, display: Display, supervisor: Supervisor): Signals {
  return new Signals({
    onStop: (signal) => {
      if (signal === "SIGINT") interrupt(prepared, display);
      else drain(prepared, display);
    },
    onKill: () => display.close(),
    mayHang: () => mayHang(supervisor),
  });
}

function interrupt({ options, stopping }: Prepared, display: Display): void {
  // A prompt ends before one could read it.
  if (options.source.type !== "prompt") {
    display.note("interrupted: cancelling what runs; once more ends at once");
  }
  stopping.cancel("interrupted by SIGINT");
}

function drain({ options: { drainMs }, stopping }: Prepared, display: Display): void {
  const rest = `what runs has ${duration(drainMs)} to end; once more ends at once`;
  display.note(`SIGTERM: starting nothing more; ${rest}`);
  stopping.drain(drainMs, `not ended ${duration(drainMs)} after SIGTERM`, () =>
    display.note("that time is over: cancelling what still runs"),
  );
}

/** Without a reader there is nothing to pay a model for. */
function stopOnBrokenOutput({ stopping }: Prepared, display: Display, { gone }: Output): void {
  gone.addEventListener("abort", () => {
    if (gone.reason.code !== "EPIPE") display.note(`standard output fails: ${gone.reason.message}`);
    stopping.cancel("standard output takes nothing more");
  });
}
