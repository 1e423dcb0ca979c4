import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobEvent, Session, Worker, WorkerJob, WorkerState } from "../../src/index.ts";
import type { AgentFault, AgentMoment } from "../fixtures/actors/rogue.ts";
import type { BareHouse } from "../support/bare-session.ts";
import { startBareHouse } from "../support/bare-session.ts";
import { AT_ONCE } from "../support/behaviours.ts";
import { resources } from "../support/resources.ts";
import { collect, firstText } from "../support/supervisors.ts";

/*
 * What can go wrong in an agent's thread, at each moment of its jobs. Whatever it is: the job ends once, by its code or, if the policy
 * restarts it, with its result; the conversation goes on; nobody beside it notices; nothing is left.
 */

type Policy = "never" | "on-failure" | "always";

/** How a job has ended, and with which failures it was restarted before. */
type Ended = { readonly as: string; readonly restarts: readonly string[] };

type Row = {
  readonly fault: AgentFault;
  readonly code: string;
  /** It does not end by itself, and nobody sees it before something is asked of it. */
  readonly hangs?: true;
};

const ROWS: readonly Row[] = [
  { fault: "throw", code: "ACTOR_CRASHED" },
  { fault: "exit 0", code: "ACTOR_EXITED" },
  { fault: "exit 7", code: "ACTOR_EXITED" },
  { fault: "endless loop", code: "ACTOR_UNRESPONSIVE", hangs: true },
  { fault: "atomics wait", code: "ACTOR_UNRESPONSIVE", hangs: true },
  { fault: "flood", code: "ACTOR_FLOODED" },
  { fault: "uncloneable message", code: "ACTOR_CRASHED" },
  { fault: "port closed", code: "ACTOR_CRASHED" },
];

const MOMENTS: readonly [AgentMoment, Policy][] = [
  ["idle between jobs", "on-failure"],
  ["before the model call", "never"],
  ["before the model call", "on-failure"],
  ["mid-stream", "always"],
  ["while being cancelled", "never"],
  ["while the session drains", "on-failure"],
];

const FOR_EVER_MS = 2_000_000_000;
const STEADY = "one two three four five six seven eight";
const SCRIPT = {
  repeat: true,
  responses: [
    { toolCalls: [{ name: "none", args: {} }] },
    { text: STEADY, chunks: 15, chunksPerSecond: 60, toolCalls: [{ name: "none", args: {} }] },
    { text: "done" },
  ],
};

type Scene = { readonly session: Session; readonly worker: Worker; readonly prompt: string };

/** Has the fault happen. Gives the job that it happens to. */
const PLAY: { readonly [moment in AgentMoment]: (scene: Scene, row: Row) => Promise<WorkerJob> } = {
  "idle between jobs": async ({ session, worker, prompt }, { hangs }) => {
    expect(await endOf(session.run(worker, { prompt }))).toEqual({ as: "done", restarts: [] });
    while (!hangs && (worker as { threadId?: number }).threadId !== undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return session.run(worker, { prompt: "the next one" });
  },
  "before the model call": async ({ session, worker, prompt }) => session.run(worker, { prompt }),
  "mid-stream": async ({ session, worker, prompt }) => {
    const job = session.run(worker, { prompt });
    await firstText(job);
    await worker.tell("steer", { text: "now" });
    return job;
  },
  "while being cancelled": async ({ session, worker, prompt }) => {
    const job = session.run(worker, { prompt });
    await firstText(job);
    void job.cancel();
    return job;
  },
  "while the session drains": async ({ session, worker, prompt }) => {
    const job = session.run(worker, { prompt });
    await firstText(job);
    void session.close({ drainMs: FOR_EVER_MS });
    await worker.tell("steer", { text: "now" });
    return job;
  },
};

function expected({ fault, code, hangs }: Row, moment: AgentMoment, policy: Policy): Ended {
  if (moment === "while being cancelled") return { as: "JOB_CANCELLED", restarts: [] };
  // Its thread died alone, and the next job takes another one.
  if (moment === "idle between jobs") return { as: "done", restarts: hangs ? [code] : [] };
  const goesOn = policy === "always" || (policy === "on-failure" && fault !== "exit 0");
  return goesOn ? { as: "done", restarts: [code] } : { as: code, restarts: [] };
}

/** How the job has ended; its log is whole, and has one end. */
async function endOf(job: WorkerJob): Promise<Ended> {
  const outcome = await job.outcome;
  const events = await collect(job.events());
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
  const ends = events.filter(({ type }) => ["completed", "cancelled", "failed"].includes(type));
  expect(ends).toEqual([events.at(-1)]);
  const restarts = events.flatMap((event) =>
    event.type === "restarted" ? [event.failure.code] : [],
  );
  const as = outcome.status === "completed" ? outcome.result.text : outcome.error.code;
  return { as, restarts };
}

function textOf(event: JobEvent): string {
  return event.type === "chunk" && event.chunk.type === "text" ? event.chunk.text : "";
}

describe.each(ROWS)("an agent: $fault", (row) => {
  let house: BareHouse;
  let before: readonly string[];

  beforeAll(async () => {
    before = resources();
    house = await startBareHouse({ entry: "rogue", script: SCRIPT });
  });

  afterAll(async () => {
    const { held, waiting } = house.permits;
    await house.close();
    expect({ held, waiting }).toEqual({ held: 0, waiting: 0 });
    expect(house.events).not.toContainEqual(expect.objectContaining({ type: "thread-stuck" }));
    expect(resources()).toEqual(before);
  });

  test.concurrent.each(MOMENTS)("%s, restart: %s", async (moment, policy) => {
    const session = house.openSession();
    const worker = session.createWorker({
      restart: { policy, backoff: AT_ONCE },
      // Also what a cancelled model call may take, before the gateway is ended under the calls of the others.
      graceMs: 1_000,
      unresponsiveMs: row.hangs ? 2_000 : FOR_EVER_MS,
      whenUnresponsive: "kill",
    });
    const states: WorkerState[] = [];
    worker.state$.subscribe((state) => states.push(state));
    const bystander = session.run({}, { prompt: "go" });
    await firstText(bystander);
    const prompt = JSON.stringify({ fault: row.fault, moment });
    const job = await PLAY[moment]({ session, worker, prompt }, row);
    const end = await endOf(job);
    expect(end).toEqual(expected(row, moment, policy));
    if (moment === "while being cancelled") {
      const next = session.run(worker, { prompt: "still there?" });
      expect(await endOf(next)).toEqual({ as: "done", restarts: [] });
    }
    expect(states.includes("failed")).toBe(end.as === row.code);
    expect(await endOf(bystander)).toEqual({ as: "done", restarts: [] });
    const events = await collect(bystander.events());
    expect(events.map(textOf).join("")).toBe(`${STEADY}done`);
    await session.close();
  });
});
