import fc from "fast-check";
import type { Action } from "./commands.ts";
import type { Deciding } from "./sim-host.ts";
import type { ToolKind } from "./tool-kinds.ts";

export const pick: fc.Arbitrary<number> = fc.nat({ max: 7 });

export const anyTool: fc.Arbitrary<ToolKind> = fc.constantFrom(
  "unknown",
  "local",
  "asks",
  "host",
  "host-asks",
  "asks",
  "repeats",
  "asks-again",
  "throws",
  "listens",
  "deaf",
  "host-listens",
  "host-deaf",
);

export const anyDeciding: fc.Arbitrary<Deciding> = fc.constantFrom<Deciding[]>(
  "is not asked",
  "is not asked",
  "is not asked",
  "approves",
  "denies",
  "edits",
  "remembers",
  "never answers",
  "never answers",
  "throws",
  "says nonsense",
);

/** What people do with what is asked. */
export const anyDecision: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("decide"),
      session: pick,
      confirmation: pick,
      decides: fc.constantFrom("approves", "denies", "edits", "remembers", "says nonsense"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("look"), session: pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("steer"), worker: pick }) },
) as fc.Arbitrary<Action>;
