import fc from "fast-check";
import type {
  Action,
  ActorFault,
  Command,
  GatewayFault,
  Schedule,
  WorkerPlan,
} from "./commands.ts";
import type { ResponsePlan } from "./plan.ts";
import { anyRun } from "./run-schedules.ts";
import type { ToolKind } from "./tool-kinds.ts";
import { anyDecision, pick } from "./tool-schedules.ts";
import { anyAtWork, commandsAtWork, ponders, when } from "./work-schedules.ts";
import type { SpawnFault } from "./world.ts";

export const passMs = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 60 }) },
  { weight: 3, arbitrary: fc.integer({ min: 60, max: 1_500 }) },
  { weight: 1, arbitrary: fc.constantFrom(5_000, 12_000, 61_000) },
);

export const anyWorker: fc.Arbitrary<WorkerPlan> = fc.record({
  graceMs: fc.constantFrom(100, 0, 20, 2_000),
  killMs: fc.constantFrom(100, 0, 10, 1_000),
  windowBytes: fc.constantFrom(1_000, 1, 20, 100),
  maxOutputBytes: fc.constantFrom(100_000, 100_000, 40),
  maxSteps: fc.constantFrom(20, 1, 2),
  maxDepth: fc.constantFrom(8, 8, 8, 2, 1, 0),
  maxChildren: fc.constantFrom(100, 100, 1),
  parkAfterMs: fc.constantFrom(1_000, 0, 50),
  whenBusy: fc.constantFrom("enqueue", "enqueue", "reject", "interrupt"),
  whenUnresponsive: fc.constantFrom("report", "kill"),
  provider: fc.constantFrom("shared", "shared", "own"),
  fallsBack: fc.constantFrom(false, true),
  policy: fc.constantFrom("on-failure", "on-failure", "never", "always"),
  maxRestarts: fc.constantFrom(3, 0, 1, 2),
  withinMs: fc.constantFrom(1_000, 100, 60_000),
  initialMs: fc.constantFrom(1, 50, 400),
  budget: fc.constantFrom({}, {}, {}, {}, { maxTotalTokens: 60 }, { maxToolCalls: 1 }),
  tools: fc.constantFrom("stateless", "stateless", "stateless", "none", "stateful"),
  approvals: fc.constantFrom("ask", "ask", "ask", "ask", "ask", "allow", "deny"),
  maxParallelToolCalls: fc.constantFrom(1, 2, 3),
  toolMs: fc.constantFrom(undefined, undefined, undefined, 30, 200),
  confirmationMs: fc.constantFrom(undefined, undefined, 60, 700),
});

const anyReading: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant("read"),
    job: pick,
    as: fc.constantFrom("lossless", "lossless", "chunks", "latest"),
    from: fc.constantFrom(0, 0, 2, 9),
  }),
  fc.record({
    type: fc.constant("reader"),
    reader: pick,
    does: fc.constantFrom("pauses", "pauses", "goes on", "leaves"),
  }),
);

export const anyFault: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("actor"),
      thread: pick,
      does: fc.constantFrom<ActorFault[]>(
        "throws",
        "throws",
        "exits 0",
        "exits 7",
        "out of memory",
        "spins",
        "recovers",
        "cannot be ended",
        "goes deaf",
        "ponders",
        "floods",
        "grows",
      ),
      when,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("gateway"),
      thread: pick,
      does: fc.constantFrom<GatewayFault[]>("dies", "dies", "spins", "recovers", "cannot be ended"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("next-thread"),
      kind: fc.constantFrom("actor", "actor", "gateway"),
      fault: fc.constantFrom<SpawnFault[]>("throws", "hangs", "dies", "unkillable"),
    }),
  },
);

export const anyEnding: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("stop"),
      worker: pick,
      graceMs: fc.constantFrom(undefined, 0, 50),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("terminate"), worker: pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("close-session"),
      session: pick,
      drainMs: fc.constantFrom(0, 200),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("close"), drainMs: fc.constantFrom(0, 200) }),
  },
) as fc.Arbitrary<Action>;

const anyCalm: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: anyRun },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("cancel"), job: pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("abort"), job: pick }) },
  { weight: 6, arbitrary: anyReading },
  { weight: 6, arbitrary: anyDecision },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("pass"), ms: passMs }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("create-worker"),
      session: pick,
      worker: anyWorker,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("open-session") }) },
  { weight: 1, arbitrary: anyEnding },
) as fc.Arbitrary<Action>;

const anyRough: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: anyCalm },
  { weight: 1, arbitrary: anyFault },
);

export function anySchedule(
  action: fc.Arbitrary<Action>,
  isEager: fc.Arbitrary<boolean>,
  {
    maxTurns = 12,
    maxThreads = [10, 1, 2],
    minLength = 1,
    worker = anyWorker,
    atWork = anyAtWork,
  } = {},
) {
  const command = fc.record({ action, turns: fc.nat({ max: maxTurns }) });
  const commandsOf = fc.oneof(
    { weight: 4, arbitrary: command.map((one) => [one]) },
    { weight: 1, arbitrary: commandsAtWork(atWork, maxTurns) },
  );
  const first = fc.record({
    action: fc.record({
      type: fc.constant("create-worker" as const),
      session: fc.constant(0),
      worker,
    }),
    turns: fc.constant(0),
  });
  return fc.record({
    seed: fc.noShrink(fc.integer({ min: 0, max: 0x7fffffff })),
    isEager,
    maxThreads: fc.constantFrom(...maxThreads),
    spare: fc.constantFrom(0, 1, 2),
    queue: fc.constantFrom(100, 100, 2, 0),
    gateways: fc.constantFrom(1, 2),
    limits: fc.constantFrom(
      {},
      {},
      { maxConcurrent: 1 },
      { maxConcurrent: 2 },
      { requestsPerMinute: 600, tokensPerMinute: 60_000 },
    ),
    budget: fc.constantFrom({}, {}, {}, {}, { maxTotalTokens: 150 }, { maxToolCalls: 2 }),
    commands: fc
      .tuple(first, fc.array(commandsOf, { minLength, maxLength: 24 }))
      .map(([head, rest]) => [head, ...rest.flat()]),
  });
}

/** Anything, with any fault. */
export const anyRoughSchedule: fc.Arbitrary<Schedule> = anySchedule(anyRough, fc.boolean());

const anyCalmOrPondering: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: anyCalm },
  { weight: 1, arbitrary: ponders },
);

/** Threads and models that do as they are told, and messages that take no time. */
export const anyCalmSchedule: fc.Arbitrary<Schedule> = anySchedule(
  anyCalmOrPondering,
  fc.constant(true),
  { atWork: fc.constant("ponders") },
).map((schedule) => ({ ...schedule, commands: schedule.commands.map(obedient) }));

function obedient({ action, turns }: Command): Command {
  switch (action.type) {
    case "run":
      return { action: { ...action, plan: action.plan.map(listening) }, turns };
    case "create-worker":
      // A tool that the scheduler holds back for longer is ended with its thread.
      return { action: { ...action, worker: { ...action.worker, toolMs: undefined } }, turns };
    default:
      return { action, turns };
  }
}

function listening(plan: ResponsePlan): ResponsePlan {
  const toolCalls = plan.toolCalls.map((name) => name.replace("deaf", "listens") as ToolKind);
  return { ...plan, toolCalls, isDeaf: false };
}
