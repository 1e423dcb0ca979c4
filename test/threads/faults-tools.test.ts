import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Session, WorkerJob } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import type { FaultName } from "../fixtures/behaviours/faults.ts";
import { AT_ONCE } from "../support/behaviours.ts";
import { resources } from "../support/resources.ts";
import { collect, firstChunk } from "../support/supervisors.ts";
import { eventsOf, Inbox, outcomesOf, reachesEvent, toolsOf } from "../support/tools.ts";

/*
 * What can go wrong in a tool, or while somebody is asked about one. Whatever it is: its call has one end, the job goes on or ends by its
 * code, nobody beside it notices; nothing is left.
 */

const MOMENTS = [
  "in a tool",
  "in a tool while the session drains",
  "in a pool tool",
  "awaiting confirmation",
  "while being cancelled",
] as const;

type Moment = (typeof MOMENTS)[number];

/** How the call has ended (a code, or its result), how often and for what its thread was started again, and how the job has ended. */
type Ended = { readonly call: string; readonly restarts: readonly string[]; readonly job: string };

type Row = {
  readonly name: FaultName;
  readonly inTool: Ended;
  readonly beside: Ended;
  readonly at?: readonly Moment[];
};

const survived = (call: string): Ended => ({ call, restarts: [], job: "done" });
const restarted = (call: string, code: string): Ended => ({ call, restarts: [code], job: "done" });
const thrown = { inTool: survived("TOOL_FAILED"), beside: survived("ran") };
const dies = (code: string) => ({
  inTool: restarted("TOOL_INTERRUPTED", code),
  beside: restarted("ran", code),
});
const ended = (call: string): Ended => ({ call, restarts: [], job: "ACTOR_EXITED" });

const ROWS: readonly Row[] = [
  { name: "throw", ...thrown },
  { name: "throw undefined", ...thrown },
  { name: "throw cyclic", ...thrown },
  { name: "throw getter", ...thrown },
  { name: "throw DOMException", ...thrown },
  { name: "throw uncloneable", ...thrown },
  { name: "stack overflow", ...thrown },
  { name: "uncloneable message", ...thrown, inTool: survived("INVALID_INPUT") },
  { name: "reject", ...dies("ACTOR_CRASHED") },
  { name: "port closed", ...dies("ACTOR_CRASHED") },
  { name: "exit 7", ...dies("ACTOR_EXITED") },
  { name: "exit 0", inTool: ended("TOOL_INTERRUPTED"), beside: ended("ACTOR_EXITED") },
  { name: "console flood", inTool: survived("quiet again"), beside: survived("ran") },
  { name: "endless loop", ...dies("ACTOR_UNRESPONSIVE") },
  { name: "microtask loop", ...dies("ACTOR_UNRESPONSIVE") },
  { name: "atomics wait", ...dies("ACTOR_UNRESPONSIVE") },
  { name: "runaway regex", ...dies("ACTOR_UNRESPONSIVE") },
  // Seconds each. While a thread only waits for others, nobody looks at its heap.
  { name: "objects", ...dies("ACTOR_OUT_OF_MEMORY"), at: ["in a tool", "in a pool tool"] },
  { name: "map", ...dies("ACTOR_OUT_OF_MEMORY"), at: ["in a tool", "in a pool tool"] },
  { name: "buffers", ...dies("ACTOR_OUT_OF_MEMORY"), at: ["in a tool", "while being cancelled"] },
  { name: "event flood", ...dies("ACTOR_OUT_OF_MEMORY"), at: ["in a tool", "in a pool tool"] },
];

const FOR_EVER_MS = 2_000_000_000;
const STEADY = { text: "one two three four five six seven eight", chunks: 15, chunksPerSecond: 60 };

/** What the model calls at each moment, at once. */
const CALLS: { readonly [moment in Moment]: readonly string[] } = {
  "in a tool": ["fault"],
  "in a tool while the session drains": ["fault"],
  "in a pool tool": ["pool_fault"],
  "awaiting confirmation": ["fault", "guarded"],
  "while being cancelled": ["when_stopped"],
};

/** Has the fault happen to the job. */
const PLAY: {
  readonly [moment in Moment]: (session: Session, job: WorkerJob, row: Row) => Promise<void>;
} = {
  "in a tool": async () => {},
  "in a pool tool": async () => {},
  "in a tool while the session drains": async (session, job) => {
    await reachesEvent(job, "tool-started");
    void session.close({ drainMs: FOR_EVER_MS });
  },
  "awaiting confirmation": async (session, job, { beside }) => {
    const { confirmationId } = await new Inbox(session).next();
    if (beside.restarts.length > 0) await reachesEvent(job, "restarted");
    if (beside.job === "done") session.decide(confirmationId, { approve: true });
  },
  "while being cancelled": async (_, job) => {
    await reachesEvent(job, "tool-progress");
    void job.cancel();
  },
};

/** How the job has ended; its log is whole, and each call in it has one end. */
async function endOf(job: WorkerJob): Promise<Ended> {
  const outcome = await job.outcome;
  const events = await collect(job.events());
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
  const outcomes = await outcomesOf(job);
  const called = events.flatMap((event) =>
    event.type === "response" ? event.response.toolCalls.map(({ id }) => id) : [],
  );
  expect(outcomes.map(({ toolCallId }) => toolCallId).sort()).toEqual(called.sort());
  const last = outcomes.find(({ toolName }) => toolName === "guarded") ?? outcomes[0];
  const restarts = await eventsOf(job, "restarted");
  return {
    call: last?.error?.code ?? last?.result ?? "",
    restarts: restarts.map(({ failure }) => failure.code),
    job: outcome.status === "completed" ? outcome.result.text : outcome.error.code,
  };
}

function expected(row: Row, moment: Moment): Ended {
  const { inTool, beside } = row;
  if (moment === "awaiting confirmation") return beside;
  if (moment === "in a pool tool")
    return survived(needsDeadline(row) ? "TOOL_TIMEOUT" : inPool(inTool));
  if (moment !== "while being cancelled") return inTool;
  const isAnswer = !/^[A-Z_]+$/.test(inTool.call);
  return { call: isAnswer ? inTool.call : "TOOL_INTERRUPTED", restarts: [], job: "JOB_CANCELLED" };
}

/** The thread is the pool's: whatever happens to it, the agent only has a call that has failed. */
function inPool({ call }: Ended): string {
  if (call === "INVALID_INPUT") return "PERMISSION_DENIED";
  return call === "TOOL_INTERRUPTED" ? "TOOL_FAILED" : call;
}

/** Nobody but its deadline ends it in a pool. */
function needsDeadline({ name, inTool }: Row): boolean {
  return name === "port closed" || inTool.restarts.includes("ACTOR_UNRESPONSIVE");
}

describe.each(ROWS)("a tool's fault: $name", (row) => {
  let supervisor: Supervisor;
  let before: readonly string[];

  beforeAll(async () => {
    before = resources();
    const steady = scriptedProvider({ responses: [STEADY], repeat: true });
    const providers = MOMENTS.map((moment) => {
      const args = { name: row.name };
      const toolCalls = CALLS[moment].map((name) => ({ name, args }));
      const script = { responses: [{ toolCalls }, { text: "done" }] };
      return [moment, scriptedProvider(script)] as const;
    });
    supervisor = await Supervisor.start({
      providers: { steady, ...Object.fromEntries(providers) },
    });
  });

  afterAll(async () => {
    expect(supervisor.inspect().threads.stuck).toBe(0);
    await supervisor.close({ drainMs: 0 });
    expect(resources()).toEqual(before);
  });

  test.concurrent.each(row.at ?? MOMENTS)("%s", async (moment) => {
    const session = supervisor.openSession();
    const bystander = session.run({ provider: "steady" }, { prompt: "go" });
    await firstChunk(bystander);
    const dies = row.inTool.job !== "done" || row.inTool.restarts.length > 0;
    const hangs = row.inTool.restarts.includes("ACTOR_UNRESPONSIVE");
    const worker = session.createWorker({
      provider: moment,
      tools: [toolsOf("rogue")],
      restart: { backoff: AT_ONCE },
      graceMs: dies ? 100 : FOR_EVER_MS,
      heapMb: 64,
      unresponsiveMs: hangs ? 2_000 : FOR_EVER_MS,
      whenUnresponsive: "kill",
      ...(needsDeadline(row) && moment === "in a pool tool" ? { timeouts: { toolMs: 500 } } : {}),
    });
    const job = session.run(worker, { prompt: "go" });
    await PLAY[moment](session, job, row);
    expect(await endOf(job)).toEqual(expected(row, moment));
    expect((await bystander.wait()).text).toBe(STEADY.text);
    await session.close();
  });
});
