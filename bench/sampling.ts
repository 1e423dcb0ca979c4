import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench, Figures, Size } from "./harness.ts";
import type { Failure } from "./report/result.ts";

const SAMPLE = new URL("./sample.ts", import.meta.url).pathname;
const TIMEOUT_MS = 120_000;

/** What a run of all contestants has given: the figures of each, a member for each round, and who has failed. */
export type Samples = {
  readonly figures: ReadonlyMap<string, readonly Figures[]>;
  readonly failures: readonly Failure[];
};

/**
 * Runs every contestant once a round, each time in a process of its own. They take turns, so that a machine that changes its
 * speed changes it for all. One that fails has no figures, and is not run again.
 */
export async function sampleAll(
  name: string,
  bench: Bench,
  rounds: number,
  size: Size,
): Promise<Samples> {
  const figures = new Map(Object.keys(bench.contestants).map((one) => [one, [] as Figures[]]));
  const failures: Failure[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, measured] of [...figures]) {
      try {
        measured.push(await sample(name, contestant, size, bench.timeoutMs ?? TIMEOUT_MS));
      } catch (error) {
        figures.delete(contestant);
        failures.push({ contestant, stderr: reasonOf(error, bench.timeoutMs ?? TIMEOUT_MS) });
      }
    }
  }
  return { figures, failures };
}

/** Its servers and threads end with it. */
async function sample(
  name: string,
  contestant: string,
  size: Size,
  timeoutMs: number,
): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, [SAMPLE, name, contestant, size], {
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout);
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { stderr, killed } = error as { readonly stderr?: string; readonly killed?: boolean };
  const ended = killed === true ? `ended after ${timeoutMs} ms\n` : "";
  return `${ended}${stderr ?? ""}` || String(error);
}
