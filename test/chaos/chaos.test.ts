import { expect, test } from "vitest";
import { chaos } from "./chaos.ts";

test("500 jobs under chaos break no promise", { timeout: 300_000 }, async () => {
  const seed = Number(process.env["HEDDLE_SEED"] ?? 20_261_123);
  const { jobs, broken, left, fates } = await chaos(500, seed);
  expect({ seed, jobs, broken, left }).toEqual({ seed, jobs: 500, broken: [], left: [] });
  // All kinds of ends were seen, so the promises were tried.
  for (const fate of ["completed", "cancelled JOB_CANCELLED", "failed GATEWAY_LOST"]) {
    expect(Object.keys(fates)).toContain(fate);
  }
});
