import fc from "fast-check";
import type { Action } from "./commands.ts";
import type { JobPlan, ResponsePlan } from "./plan.ts";
import type { ToolKind } from "./tool-kinds.ts";
import { anyDeciding, anyTool, pick } from "./tool-schedules.ts";

/* Jobs, and what their models do. */

const anyResponse: fc.Arbitrary<ResponsePlan> = fc.record({
  chunks: fc.array(fc.constantFrom(12, 3, 1, 30), { maxLength: 9 }),
  toolCalls: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 4, arbitrary: fc.array(anyTool, { minLength: 1, maxLength: 3 }) },
  ),
  isRefused: fc.constantFrom(false, false, false, false, true),
  end: fc.constantFrom(
    "responds",
    "responds",
    "responds",
    "responds",
    "fails",
    "stalls",
    "expires",
  ),
  isDeaf: fc.constantFrom(false, false, false, false, false, true),
});

export const STALL: ResponsePlan = { chunks: [3], toolCalls: [], end: "stalls", isDeaf: false };

/** A response that has the actor at work after a few turns: before, it sleeps. */
const anyOpening: fc.Arbitrary<ResponsePlan> = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.constant<ToolKind>("unknown") }, anyTool), {
    minLength: 1,
    maxLength: 2,
  })
  .map((toolCalls) => ({ chunks: [], toolCalls, end: "responds", isDeaf: false }));

export const anyOpenedPlan: fc.Arbitrary<JobPlan> = fc
  .tuple(anyOpening, fc.array(anyResponse, { maxLength: 2 }))
  .map(([opening, rest]) => [opening, ...rest]);

export const anyPlan: fc.Arbitrary<JobPlan> = fc.oneof(
  fc.array(anyResponse, { maxLength: 3 }),
  anyOpenedPlan,
);

export const anyRunOptions = {
  type: fc.constant("run" as const),
  awaitsChildren: fc.boolean(),
  plan: anyPlan,
  totalMs: fc.constantFrom(undefined, undefined, 40, 500),
  id: fc.constantFrom("random", "random", "given"),
  signal: fc.constantFrom("none", "none", "none", "later", "aborted"),
  host: fc.constantFrom("none", "none", "none", "takes", "throws", "hangs"),
  decides: anyDeciding,
  reader: fc.constantFrom("none", "none", "reads", "pauses"),
} as const;

const anyRoot: fc.Arbitrary<Action> = fc.record({
  ...anyRunOptions,
  worker: fc.option(pick, { nil: undefined, freq: 8 }),
  parent: fc.constant(undefined),
});

const anyChild: fc.Arbitrary<Action> = fc.record({
  ...anyRunOptions,
  worker: fc.option(pick, { nil: undefined, freq: 1 }),
  parent: pick,
});

export const anyRun: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: anyRoot },
  { weight: 1, arbitrary: anyChild },
);
