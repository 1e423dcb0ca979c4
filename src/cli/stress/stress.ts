import process from "node:process";
import { Supervisor } from "../../index.ts";
import type { Streams } from "../output.ts";
import { endProcess, Signals } from "../signals.ts";
import { Tally } from "../tally.ts";
import type { Surroundings } from "./agent.ts";
import { within } from "./agent.ts";
import type { StressOptions } from "./arguments.ts";
import { Crowd } from "./crowd.ts";
import type { StressDisplay } from "./display.ts";
import { openStressDisplay } from "./display.ts";
import { faultOf } from "./fault.ts";
import { latencyOf } from "./latency.ts";
import { limitsFor } from "./limits.ts";
import type { StressReport } from "./report.ts";
import { reportLines, stressReport } from "./report.ts";
import { providersFor } from "./scripts.ts";
import { StreamText } from "./stream-text.ts";

/** The longest a timer can be: an agent that is ready keeps its thread. */
const NEVER_MS = 2_147_483_647;
/** About what an agent takes, its log left out. */
const AGENT_BYTES = 10e6;
/** Percentiles of more chunks would say the same. */
const MOST_SAMPLES = 1_000_000;

/**
 * Runs all agents at once, checks every promise that they were made, and reports.
 *
 * @returns the exit code: 1 if a promise was broken, else 0; that of the signal if the run was interrupted.
 * @throws {HeddleError} when the run could not begin.
 */
export async function stress(options: StressOptions, streams: Streams): Promise<number> {
  const faults = Array.from({ length: options.agents }, (_, i) => faultOf(i + 1, options));
  const text = new StreamText(options.chunks);
  const limits = limitsFor(options);
  const supervisor = await Supervisor.start({
    providers: providersFor(faults, text, options),
    threads: { max: options.agents, spare: 0 },
    defaults: { parkAfterMs: NEVER_MS },
    keepSettled: { ms: 0, count: 0 },
  });
  const rssBeforeBytes = process.memoryUsage.rss();
  const session = supervisor.openSession({ name: "stress" });
  const progress = { chunks: 0 };
  const signals = new Signals({
    onStop: () => {
      display.note("interrupted: cancelling what runs; once more ends at once");
      for (const job of session.jobs.values()) void job.cancel("interrupted");
    },
    onKill: () => display.close(),
    isStuck: () => isStuck(supervisor),
  });
  const around: Surroundings = {
    session,
    text,
    limits,
    readers: options.readers,
    pace: paceOf(options),
    isInterrupted: () => signals.first !== undefined,
    onChunk: () => {
      progress.chunks += 1;
    },
  };
  const tally = new Tally(Date.now());
  const crowd = new Crowd(faults, around, tally);
  signals.watch();
  const display = openStressDisplay(options, streams, tally, () => crowd.progress(progress.chunks));
  warn(options, display);
  let report: StressReport;
  try {
    const figures = await crowd.run();
    const latency = await latencyOf(figures.results, supervisor);
    const interruptedBy = signals.first;
    report = stressReport(options, faults, figures, { rssBeforeBytes, latency, interruptedBy });
  } finally {
    display.close();
  }
  const isPrinted = await print(report, options, streams);
  const code = signals.exitCode ?? (isPrinted && report.brokenPromises === 0 ? 0 : 1);
  const isClosed = await within(closed(supervisor), limits.closeMs);
  signals.release();
  if (isClosed === undefined) endProcess(code, isStuck(supervisor) ? "SIGTERM" : undefined);
  return code;
}

function paceOf({ agents, chunks, rate, readers }: StressOptions): Surroundings["pace"] {
  if (rate === 0) return undefined;
  return { every: Math.ceil((agents * chunks * readers) / MOST_SAMPLES), intervalMs: 1_000 / rate };
}

function warn({ agents }: StressOptions, display: StressDisplay): void {
  const [needed, available] = [agents * AGENT_BYTES, process.availableMemory()];
  if (needed < available) return;
  const [neededGb, availableGb] = [needed, available].map((bytes) => (bytes / 1e9).toFixed(1));
  display.note(`so many agents take about ${neededGb} GB; ${availableGb} GB are available`);
}

/** Resolves to false if nobody can read it. */
async function print(
  report: StressReport,
  { json }: StressOptions,
  { stdout, stderr }: Streams,
): Promise<boolean> {
  const lines = json ? [JSON.stringify(report)] : reportLines(report);
  await stdout.print(`${lines.join("\n")}\n`);
  const { aborted, reason } = stdout.gone;
  if (aborted) await stderr.print(`heddle: standard output fails: ${reason.message}\n`);
  return !aborted;
}

async function closed(supervisor: Supervisor): Promise<true> {
  await supervisor.close({ drainMs: 0 });
  return true;
}

function isStuck(supervisor: Supervisor): boolean {
  return supervisor.inspect().threads.stuck > 0;
}
