import type { Streams } from "./output.ts";
import { Plan } from "./plan.ts";
import type { Prepared } from "./prepare.ts";
import { describeChoice } from "./provider-choice.ts";
import { Tally } from "./tally.ts";

/** Reads all input as a run would, and says what would be run. Writes no file, starts no thread. */
export async function dryRun(prepared: Prepared, { stderr }: Streams): Promise<number> {
  const note = (text: string): void => void stderr.print(`heddle: ${text}\n`);
  const tally = new Tally(Date.now());
  const plan = new Plan(prepared, tally, { keepQuestion: async () => {} }, note);
  let jobs = 0;
  for await (const _ of plan.toRun()) jobs += 1;
  if (plan.failure !== undefined) throw plan.failure;
  const { skipped, leftFailed, bad } = tally.snapshot(Date.now());
  note(`dry run: ${jobs} to run, ${skipped} skipped, ${leftFailed} left failed, ${bad} bad lines`);
  note(`they would be answered by ${describeChoice(prepared.choice)}`);
  return bad === 0 ? 0 : 1;
}
