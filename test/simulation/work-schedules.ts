import fc from "fast-check";
import type { Action, ActorFault, Command } from "./commands.ts";
import { anyOpenedPlan, anyRunOptions } from "./run-schedules.ts";
import { pick } from "./tool-schedules.ts";

/* What happens to actors, and that it happens while they are at work: most sleep at any time. */

export const when = fc.constantFrom<["now", "at work"]>("now", "at work");

export const ponders: fc.Arbitrary<Action> = fc.record({
  type: fc.constant("actor"),
  thread: pick,
  does: fc.constant("ponders"),
  when,
});

/** What happens to an actor at work. */
export const anyAtWork = fc.constantFrom<ActorFault[]>(
  "throws",
  "exits 0",
  "exits 7",
  "spins",
  "cannot be ended",
  "goes deaf",
  "ponders",
  "floods",
);

/** A job whose model soon calls tools, and what happens to its actor then. */
export function commandsAtWork(
  does: fc.Arbitrary<ActorFault>,
  maxTurns: number,
): fc.Arbitrary<readonly Command[]> {
  const run: fc.Arbitrary<Action> = fc.record({
    ...anyRunOptions,
    plan: anyOpenedPlan,
    worker: fc.option(pick, { nil: undefined, freq: 2 }),
    parent: fc.constant(undefined),
    signal: fc.constantFrom("none", "later"),
  });
  const fault: fc.Arbitrary<Action> = fc.record({
    type: fc.constant("actor"),
    thread: fc.constant(0),
    does,
    when: fc.constant("at work"),
  });
  const turns = fc.nat({ max: maxTurns });
  return fc.tuple(fc.record({ action: run, turns }), fc.record({ action: fault, turns }));
}
