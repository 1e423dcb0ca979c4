import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

type Sample = {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly workers: number;
  readonly jobs: number;
};

const PROGRAM = new URL("../fixtures/programs/leak.ts", import.meta.url).pathname;

test("a thousand workers that were made, run and stopped leave nothing behind", {
  timeout: 300_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", PROGRAM]);
  const samples: Sample[] = JSON.parse(stdout);
  // After a warm-up: what a thread gives back is used again, not returned to the system.
  const [warm, last] = [samples[3], samples.at(-1)] as [Sample, Sample];
  expect(last).toMatchObject({ workers: 0, jobs: 0 });
  expect(last.threads).toBeLessThanOrEqual(warm.threads);
  expect(last.descriptors).toBeLessThanOrEqual(warm.descriptors);
  // Node itself keeps about 2 KB for each thread that there ever was. What a worker here once left behind was 13 KB.
  expect(last.heapMb - warm.heapMb).toBeLessThan(3);
  // Six hundred workers lie between: a leak of one thread's memory would be 6 MB for each.
  expect(last.rssMb - warm.rssMb).toBeLessThan(60);
});
