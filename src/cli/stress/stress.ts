import { Supervisor } from "../../index.ts";
import type { Streams } from "../output.ts";
import type { StressOptions } from "./arguments.ts";
import { faultOf } from "./fault.ts";
import type { StressReport } from "./report.ts";
import { reportLines } from "./report.ts";
import { providersFor } from "./scripts.ts";
import { StreamText } from "./stream-text.ts";
import { StressRun } from "./stress-run.ts";

/** The longest a timer can be: an agent that is ready keeps its thread. */
const NEVER_MS = 2_147_483_647;

/**
 * Runs all agents at once, checks every promise that they were made, and reports.
 *
 * @returns the exit code: 1 if a promise was broken, else 0; that of the signal if the run was interrupted.
 * @throws {HeddleError} when the run could not begin.
 */
export async function stress(options: StressOptions, streams: Streams): Promise<number> {
  const { agents } = options;
  const faults = Array.from({ length: agents }, (_, i) => faultOf(i + 1, options));
  const text = new StreamText(options.chunks);
  const supervisor = await Supervisor.start({
    providers: providersFor(faults, text, options),
    // A spare would hide what an agent takes.
    threads: { max: agents, spare: 0 },
    defaults: { parkAfterMs: NEVER_MS },
    keepSettled: { ms: 0, count: 0 },
  });
  const run = new StressRun({ options, streams, supervisor, faults, text });
  const report = await run.perform();
  const isPrinted = await print(report, options, streams);
  const code = run.exitCode ?? (isPrinted && report.brokenPromises === 0 ? 0 : 1);
  await run.close(code);
  return code;
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
